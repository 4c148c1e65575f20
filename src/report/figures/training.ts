import type { MetricsRow } from '../../train/row.js';
import type { ReportGroup } from '../report-input.js';
import type { Figure } from './figure.js';
import { type AxisOptions, type LinePoint, lineCells, linePoint, lineSpec } from './lines.js';

interface Curve {
  readonly column: keyof MetricsRow;
  readonly title: string;
  readonly y: AxisOptions;
  readonly caption: string;
  /** Bayesian groups only: the others have 0 throughout. */
  readonly bayesian?: boolean;
}

const SHARE = { title: 'accuracy', format: '.0%' };
const NATS = { title: 'nats' };

const CURVES: readonly Curve[] = [
  {
    column: 'test_accuracy',
    title: 'Test accuracy',
    y: SHARE,
    caption: 'Share of test images whose most probable class is the label. Higher is better.',
  },
  {
    column: 'test_nll',
    title: 'Test NLL',
    y: NATS,
    caption:
      'Negative log-likelihood of the label. Lower is better. A curve that turns up while accuracy still rises means that the model grows too sure of itself.',
  },
  {
    column: 'train_nll',
    title: 'Training NLL',
    y: NATS,
    caption:
      'The same on the training images, with one draw of the weights. Far below the test NLL means overfitting.',
  },
  {
    column: 'ece',
    title: 'Calibration error',
    y: { title: 'ECE', zero: true },
    caption:
      'Expected calibration error: how far confidence and accuracy lie apart, over 15 bins. 0 is perfect.',
  },
  {
    column: 'train_kl',
    title: 'Complexity: KL from posterior to prior',
    y: NATS,
    caption:
      'What the posterior has moved away from its prior, over all weights. It should settle, not vanish.',
    bayesian: true,
  },
  {
    column: 'mutual_information',
    title: 'Mutual information',
    y: { ...NATS, zero: true },
    caption:
      'The part of the uncertainty that is due to the weights (predictive minus expected entropy): how far networks drawn from the posterior disagree. At 0 the posterior has no say.',
    bayesian: true,
  },
];

/** What whoever follows a run wants to see beside them. */
const ALSO_LIVE: readonly Curve[] = [
  {
    column: 'train_loss',
    title: 'Training loss',
    y: NATS,
    caption:
      'What is minimised: NLL plus the weighted KL for each training image. Of Bayesian models the KL may be most of it.',
  },
  {
    column: 'predictive_entropy',
    title: 'Predictive entropy',
    y: { ...NATS, zero: true },
    caption: 'Total uncertainty of the predictions of the test images. ln 10 = 2.30 is knowing nothing.',
  },
];

/**
 * Curves over epochs; those without a measured point are left out.
 * @param live also those that only whoever follows a run wants to see
 */
export function trainingFigures(groups: readonly ReportGroup[], live = false): Figure[] {
  return [...CURVES, ...(live ? ALSO_LIVE : [])].flatMap((curve) => {
    const shown = curve.bayesian ? groups.filter(({ bayesian }) => bayesian) : groups;
    const points = shown.flatMap((group) => pointsOf(group, curve.column));
    return points.length === 0 ? [] : [figureOf(curve, groups, points)];
  });
}

function figureOf(
  { column, title, y, caption }: Curve,
  groups: readonly ReportGroup[],
  points: LinePoint[],
): Figure {
  const drawn = new Set(points.map(({ series }) => series));
  const options = {
    // Of all groups, so that each keeps its colour from plot to plot.
    series: groups.map(({ name }) => name),
    x: { title: 'epoch', whole: true },
    y,
  };
  const shown = { ...options, series: options.series.filter((name) => drawn.has(name)) };
  return {
    id: `training-${column.replaceAll('_', '-')}`,
    title,
    caption,
    spec: lineSpec(points, options),
    data: lineCells(points, shown),
  };
}

/** Mean and range over the runs that measured an epoch. */
function pointsOf({ name, runs }: ReportGroup, column: keyof MetricsRow): LinePoint[] {
  const epochs = [...new Set(runs.flatMap(({ metrics }) => metrics.map(({ epoch }) => epoch)))];
  return epochs.flatMap((epoch) => {
    const values = runs.flatMap(({ metrics }) => {
      const value = metrics.find((row) => row.epoch === epoch)?.[column] ?? null;
      return value === null ? [] : [value];
    });
    return values.length === 0 ? [] : [linePoint(name, epoch, values)];
  });
}
