import type { TestedMetric } from './scores.js';

/** Of a group's metric against that of the reference. */
export type MetricVerdict = 'better' | 'worse' | 'no significant difference' | 'not tested';

/** Of a group against the reference, over all metrics. */
export type Outcome = 'better' | 'worse' | 'mixed' | 'no significant difference' | 'not tested';

export interface VerdictText {
  /** One sentence: who won, in what. */
  verdict: string;
  /** What the tests do not cover; null when they cover images and training seeds. */
  caveat: string | null;
}

/** Metric names for people. */
export const METRIC_TITLES: Readonly<Record<TestedMetric, string>> = {
  accuracy: 'accuracy',
  nll: 'NLL',
  brier: 'Brier',
  ece: 'ECE',
  aurc: 'AURC',
};

/** Whether a difference to the reference is an improvement: of all tested metrics only accuracy should rise. */
export function isBetter(metric: TestedMetric, difference: number): boolean {
  return metric === 'accuracy' ? difference > 0 : difference < 0;
}

export function outcomeOf(verdicts: readonly MetricVerdict[]): Outcome {
  const [better, worse] = [verdicts.includes('better'), verdicts.includes('worse')];
  if (better && worse) return 'mixed';
  if (better) return 'better';
  if (worse) return 'worse';
  return verdicts.every((verdict) => verdict === 'not tested') ? 'not tested' : 'no significant difference';
}

interface Side {
  readonly name: string;
  readonly bayesian: boolean;
  readonly runs: readonly unknown[];
}

interface Row {
  readonly metric: TestedMetric;
  readonly verdict: MetricVerdict;
}

/**
 * Puts the outcome into words; a Bayesian model is named as such when it meets one that is not.
 * @param paired whether both saw the same test images
 */
export function verdictText(
  reference: Side,
  group: Side,
  rows: readonly Row[],
  outcome: Outcome,
  paired: boolean,
): VerdictText {
  const caveat = caveatOf(reference, group, paired);
  if (outcome === 'not tested') return { verdict: 'Nothing was tested.', caveat };
  if (outcome === 'no significant difference')
    return { verdict: `No significant difference in ${titles(rows.map(({ metric }) => metric))}.`, caveat };
  // Tell it of the Bayesian model where there is just one, whichever side it is on.
  const turned = reference.bayesian && !group.bayesian;
  const oneBayesian = reference.bayesian !== group.bayesian;
  const subject = oneBayesian ? 'the Bayesian model' : `"${group.name}"`;
  const metricsOf = (verdict: MetricVerdict) =>
    rows.filter((row) => row.verdict === verdict).map(({ metric }) => metric);
  const [better, worse] = turned
    ? [metricsOf('worse'), metricsOf('better')]
    : [metricsOf('better'), metricsOf('worse')];
  const same = metricsOf('no significant difference');
  const parts = [
    ...(better.length > 0 ? [`better in ${titles(better)}`] : []),
    ...(worse.length > 0 ? [`worse in ${titles(worse)}`] : []),
    ...(same.length > 0 ? [`no significant difference in ${titles(same)}`] : []),
  ];
  const result =
    better.length > 0 && worse.length > 0 ? 'won some and lost some' : better.length > 0 ? 'won' : 'lost';
  return { verdict: `${capital(subject)} ${result}: ${parts.join('; ')}.`, caveat };
}

function caveatOf(reference: Side, group: Side, paired: boolean): string | null {
  const repeated = reference.runs.length >= 2 && group.runs.length >= 2;
  if (paired && repeated) return null;
  if (paired)
    return 'A group has a single run: the tests cover the choice of test images, not that of the training seed.';
  const left = repeated
    ? 'only training seeds were tested'
    : 'and with a single run in a group there is no test';
  return `The runs saw different test images: ${left}.`;
}

function titles(metrics: readonly TestedMetric[]): string {
  const names = metrics.map((metric) => METRIC_TITLES[metric]);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);
