import { type CalibrationBin, calibration, DEFAULT_BINS } from '../../metrics/index.js';
import type { ReportGroup } from '../report-input.js';
import { runMetrics } from '../scores.js';
import { mean } from '../statistics.js';
import { type Figure, rounded, type Spec, shownNumber, slug } from './figure.js';
import { shareOf } from './histogram.js';
import { histogramFigure } from './histogram-lines.js';
import { quantitative } from './lines.js';
import { BASE, ink, seriesColour } from './theme.js';

/** A reliability diagram for each group, and how often each confidence is given. */
export function calibrationFigures(groups: readonly ReportGroup[]): Figure[] {
  return [...groups.map(reliabilityFigure), confidenceFigure(groups)];
}

/** Bins over the images of all runs together. */
function binsOf({ runs }: ReportGroup): CalibrationBin[] {
  const join = (column: 'confidences' | 'correct') =>
    runs.flatMap(({ scores }) => Array.from(scores[column]));
  return calibration(join('confidences'), join('correct')).bins();
}

/** @param at the group's place among all, which gives its colour */
export function reliabilityFigure(group: ReportGroup, at: number): Figure {
  const bins = binsOf(group).filter(({ count }) => count > 0);
  const ece = mean(group.runs.map(({ scores }) => runMetrics(scores).ece));
  const several = group.runs.length > 1 ? `, the ${group.runs.length} runs together` : '';
  return {
    id: `reliability-${slug(group.name)}`,
    title: `Reliability of ${group.name}`,
    caption:
      `Bars: accuracy of the images whose confidence falls into the bin${several}. Marks: their mean confidence. ` +
      `Bars that end below their mark mean overconfidence, above it underconfidence; pale bars hold few images. ` +
      `ECE ${shownNumber(ece)}.`,
    spec: reliabilitySpec(bins, at),
    data: [
      ['confidence bin', 'images', 'mean confidence', 'accuracy'],
      ...bins.map(({ low, high, count, confidence, accuracy }) => [
        `${shownNumber(low)} to ${shownNumber(high)}`,
        String(count),
        shownNumber(confidence),
        shownNumber(accuracy),
      ]),
    ],
  };
}

function reliabilitySpec(bins: readonly CalibrationBin[], group: number): Spec {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const values = bins.map(({ low, high, count, confidence, accuracy }) => ({
    low: rounded(low),
    high: rounded(high),
    share: rounded(count / total),
    confidence: rounded(confidence),
    accuracy: rounded(accuracy),
  }));
  const x = { field: 'low', ...quantitative({ title: 'confidence', format: '.0%', domain: [0, 1] }) };
  const y = quantitative({ title: 'accuracy', format: '.0%', domain: [0, 1] });
  const corners = [0, 1].map((value) => ({ x: value, y: value }));
  return {
    ...BASE,
    data: { values },
    layer: [
      {
        mark: { type: 'bar', color: seriesColour(group), binSpacing: 1 },
        encoding: {
          x,
          x2: { field: 'high' },
          y: { field: 'accuracy', ...y },
          y2: { datum: 0 },
          // A bin with a tenth of the images or more is fully drawn.
          opacity: {
            field: 'share',
            type: 'quantitative',
            legend: null,
            scale: { domain: [0, 0.1], range: [0.25, 1], clamp: true },
          },
        },
      },
      {
        data: { values: corners },
        mark: { type: 'line', color: ink('muted'), strokeDash: [4, 4], strokeWidth: 1 },
        encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
      },
      {
        mark: { type: 'rule', color: ink('ink'), strokeWidth: 2 },
        encoding: { x, x2: { field: 'high' }, y: { field: 'confidence', ...y } },
      },
    ],
  };
}

function confidenceFigure(groups: readonly ReportGroup[]): Figure {
  const of = ({ name, runs }: ReportGroup) => ({
    name,
    runs: runs.map(({ scores: { confidences, correct } }) =>
      shareOf(
        calibration(confidences, correct)
          .bins()
          .map(({ count }) => count),
      ),
    ),
  });
  return histogramFigure(
    {
      id: 'confidence',
      title: 'How sure the models are',
      caption:
        'Share of test images by confidence, the highest mean probability. A peak at the right end means that most predictions are made without doubt; whether that is deserved, the reliability diagrams show.',
    },
    groups.map(of),
    { low: 0, high: 1, count: DEFAULT_BINS },
    { title: 'confidence', format: '.0%' },
    'test images',
  );
}
