import { CLASS_COUNT } from '../../data/index.js';
import { auroc } from '../../metrics/index.js';
import type { ReportGroup } from '../report-input.js';
import type { ImageScores } from '../scores.js';
import { mean } from '../statistics.js';
import { type Figure, slug } from './figure.js';
import { type Bins, shares, where } from './histogram.js';
import { histogramFigure } from './histogram-lines.js';

interface Score {
  readonly column: 'predictiveEntropy' | 'mutualInformation';
  readonly id: string;
  readonly title: string;
  readonly what: string;
  readonly bins: (groups: readonly ReportGroup[]) => Bins;
}

/** Of an entropy over the classes, nats. */
export const ENTROPY_BINS: Bins = { low: 0, high: Math.log(CLASS_COUNT), count: 24 };

const ENTROPY: Score = {
  column: 'predictiveEntropy',
  id: 'entropy',
  title: 'Entropy of right and wrong predictions',
  what: 'Predictive entropy, the total uncertainty',
  bins: () => ENTROPY_BINS,
};

const INFORMATION: Score = {
  column: 'mutualInformation',
  id: 'information',
  title: 'Mutual information of right and wrong predictions',
  what: 'Mutual information, the uncertainty due to the weights',
  bins: (groups) => ({ low: 0, high: top(groups), count: 24 }),
};

/** Uncertainty of right against wrong predictions: entropy for each group, mutual information where there is a posterior. */
export function rightWrongFigures(groups: readonly ReportGroup[]): Figure[] {
  const bayesian = groups.filter((group) => group.bayesian && group.runs.some(({ samples }) => samples > 1));
  return [
    ...groups.map((group) => figureOf(group, ENTROPY, groups)),
    ...bayesian.map((group) => figureOf(group, INFORMATION, bayesian)),
  ];
}

function figureOf(group: ReportGroup, score: Score, groups: readonly ReportGroup[]): Figure {
  const bins = score.bins(groups);
  const side = (name: string, wanted: 0 | 1) => ({
    name,
    runs: group.runs.map(({ scores }) => shares(where(scores[score.column], scores.correct, wanted), bins)),
  });
  const areas = group.runs.flatMap(({ scores }) => separation(scores, score.column) ?? []);
  return histogramFigure(
    {
      id: `${score.id}-${slug(group.name)}`,
      title: `${score.title}: ${group.name}`,
      caption: `${score.what}. The further the two lie apart, the better it warns of errors. ${areaText(areas)}`,
    },
    [side('right', 1), side('wrong', 0)],
    bins,
    { title: 'nats' },
    'right, of wrong',
  );
}

/** P(a wrong prediction is the more uncertain one); null when all are right, or all wrong. */
function separation(scores: ImageScores, column: Score['column']): number | null {
  const [wrong, right] = ([0, 1] as const).map((wanted) => where(scores[column], scores.correct, wanted));
  return wrong.length === 0 || right.length === 0 ? null : auroc(right, wrong);
}

function areaText(areas: readonly number[]): string {
  if (areas.length === 0) return 'There are not both kinds.';
  return `AUROC ${mean(areas).toFixed(3)}: the chance that a wrong prediction has more of it than a right one; 0.5 is none.`;
}

/** Where nearly all values lie below: the highest 99.5 % point of a run, so that a few do not squeeze the rest. */
function top(groups: readonly ReportGroup[]): number {
  const highest = groups.flatMap(({ runs }) =>
    runs.map(({ scores }) => {
      const sorted = scores.mutualInformation.slice().sort();
      return sorted[Math.floor(0.995 * (sorted.length - 1))];
    }),
  );
  return Math.max(1e-6, ...highest);
}
