import { type Ranking, rank, riskAtCoverage } from '../../metrics/index.js';
import type { ReportGroup } from '../report-input.js';
import type { Figure } from './figure.js';
import { type LinePoint, lineCells, linePoint, lineSpec } from './lines.js';

const COVERAGES = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);

/** Error rate against the share of images that are answered. */
export function riskCoverageFigure(groups: readonly ReportGroup[]): Figure {
  const options = {
    series: groups.map(({ name }) => name),
    x: { title: 'coverage: share of images answered', format: '.0%', domain: [0, 1] as const },
    y: { title: 'error rate among them', format: '.0%', zero: true },
  };
  const points = groups.flatMap(pointsOf);
  return {
    id: 'risk-coverage',
    title: 'Errors when the least sure may be passed on',
    caption:
      'The model answers its most confident images only; the rest goes to a person. Lower is better everywhere. A line that falls steeply to the left knows what it does not know.',
    spec: lineSpec(points, options),
    data: lineCells(points, options),
  };
}

function pointsOf({ name, runs }: ReportGroup): LinePoint[] {
  const rankings = runs.map(({ scores }): Ranking => rank(scores.confidences, scores.correct));
  return COVERAGES.map((coverage) =>
    linePoint(
      name,
      coverage,
      rankings.map((ranking) => riskAtCoverage(ranking, coverage)),
    ),
  );
}
