import type { GroupComparison, GroupSummary, MeanSd, MetricComparison } from './comparison.js';
import { meanSd, shown, type ValueKind, WHOLE } from './value-text.js';
import { METRIC_TITLES, type MetricVerdict } from './verdict.js';

/** What one model buys and costs against another, in sentences. */
export interface Answer {
  /** Names of the two, and whether the second is Bayesian and the first is not. */
  readonly base: string;
  readonly other: string;
  readonly bayesian: boolean;
  readonly verdict: string;
  /** What the tests do not cover. */
  readonly caveat: string | null;
  readonly buys: readonly string[];
  /** Metrics that are worse, then time and size. */
  readonly costs: readonly string[];
  /** Metrics in which the tests found nothing, or that were not tested. */
  readonly open: readonly string[];
}

/** Tells a comparison from the side of the Bayesian model where there is just one, else from the second group's. */
export function answerOf(comparison: GroupComparison, groups: readonly GroupSummary[]): Answer {
  const find = (name: string) => groups.find((group) => group.name === name) as GroupSummary;
  const [reference, group] = [find(comparison.reference), find(comparison.group)];
  const turned = reference.bayesian && !group.bayesian;
  const [base, other] = turned ? [group, reference] : [reference, group];
  const lines = (wanted: MetricVerdict) =>
    comparison.metrics
      .filter(({ verdict }) => verdict === (turned ? opposite(wanted) : wanted))
      .map((row) => metricLine(row, base, other));
  return {
    base: base.name,
    other: other.name,
    bayesian: other.bayesian && !base.bayesian,
    verdict: comparison.verdict,
    caveat: comparison.caveat,
    buys: lines('better'),
    costs: [...lines('worse'), ...costLines(base, other)],
    open: [...lines('no significant difference'), ...lines('not tested')],
  };
}

function opposite(verdict: MetricVerdict): MetricVerdict {
  if (verdict === 'better') return 'worse';
  return verdict === 'worse' ? 'better' : verdict;
}

function metricLine({ metric }: MetricComparison, base: GroupSummary, other: GroupSummary): string {
  const kind: ValueKind = metric === 'accuracy' ? 'share' : 'figure';
  const [from, to] = [base.metrics[metric], other.metrics[metric]];
  const unit = kind === 'share' ? ' %' : '';
  return `${METRIC_TITLES[metric]} ${meanSd(from, kind)} → ${meanSd(to, kind)}${unit}${change(from, to, kind)}`;
}

/** In points for accuracy, else in per cent of the first. */
function change({ mean: from }: MeanSd, { mean: to }: MeanSd, kind: ValueKind): string {
  if (from === null || to === null) return '';
  if (kind === 'share') return ` (${to < from ? '−' : '+'}${shown(Math.abs(to - from), kind)} points)`;
  if (from === 0) return '';
  const percent = (100 * Math.abs(to - from)) / from;
  return ` (${percent.toFixed(0)} % ${to < from ? 'lower' : 'higher'})`;
}

function costLines(base: GroupSummary, other: GroupSummary): string[] {
  const pair = (key: string): [MeanSd, MeanSd] | null => {
    const [from, to] = [base.cost[key], other.cost[key]];
    return from?.mean == null || to?.mean == null ? null : [from, to];
  };
  const time = pair('train_seconds');
  const samples = pair('samples');
  const parameters = pair('parameters');
  return [
    ...(time === null
      ? []
      : [
          `training: ${ratio(time)} the time (${meanSd(time[0], 'seconds')} → ${meanSd(time[1], 'seconds')} s)`,
        ]),
    ...(samples === null
      ? []
      : [
          `each prediction: ${passes(samples[1].mean as number)} (${passes(samples[0].mean as number)} before)`,
        ]),
    ...(parameters === null
      ? []
      : [
          `numbers to train and store: ${ratio(parameters)} as many (${whole(parameters[0])} → ${whole(parameters[1])})`,
        ]),
  ];
}

const whole = (value: MeanSd): string => WHOLE.format(value.mean as number);
const passes = (count: number): string => `${WHOLE.format(count)} forward ${count === 1 ? 'pass' : 'passes'}`;
const ratio = ([from, to]: [MeanSd, MeanSd]): string =>
  `${((to.mean as number) / (from.mean as number)).toFixed(1)} times`;
