import { type BootstrapOptions, bootstrap } from './bootstrap.js';
import { pairUp, permutationTest } from './permutation.js';
import {
  type ImageScores,
  imageScores,
  type Predicted,
  type RunMetrics,
  runMetrics,
  TESTED,
  type TestedMetric,
} from './scores.js';
import { holm, type Interval, mcnemar, mean, standardDeviation, welch } from './statistics.js';
import {
  isBetter,
  type MetricVerdict,
  type Outcome,
  outcomeOf,
  type VerdictText,
  verdictText,
} from './verdict.js';

/** A run as a comparison needs it. */
export interface ComparedRun {
  readonly name: string;
  readonly seed: number;
  readonly predicted: Predicted & { readonly indices: Int32Array };
  /** sha256 of its archive, hex. */
  readonly dataset: string;
  /** Figures to show beside the metrics, such as training seconds; null where they are not known. */
  readonly cost: Readonly<Record<string, number | null>>;
}

/** Runs of one configuration. */
export interface RunGroup {
  readonly name: string;
  readonly bayesian: boolean;
  readonly runs: readonly ComparedRun[];
}

/** Mean and sample standard deviation over runs; sd is null for a single run, mean where nothing is known. */
export interface MeanSd {
  mean: number | null;
  sd: number | null;
}

export interface GroupSummary {
  name: string;
  bayesian: boolean;
  runs: string[];
  seeds: number[];
  metrics: Record<keyof RunMetrics, MeanSd>;
  cost: Record<string, MeanSd>;
}

/** One metric of a group against that of the reference. */
export interface MetricComparison {
  metric: TestedMetric;
  reference: number;
  group: number;
  /** group - reference. */
  difference: number;
  /** Paired bootstrap over test images, 95 %; null where the test images differ. */
  bootstrap: { low: number; high: number } | null;
  /** Paired permutation over test images: p, and for means over images a 95 % interval. */
  permutation: { p: number; low: number | null; high: number | null } | null;
  /** Welch's t over runs, 95 %; null unless each group has two runs. */
  seeds: Interval | null;
  /** The larger of the p-values of images and seeds: both must agree. */
  p: number | null;
  /** `p` after Holm's adjustment over all tests of this report. */
  p_adjusted: number | null;
  verdict: MetricVerdict;
}

/** McNemar's test of two runs. */
export interface McNemarRow {
  reference: string;
  run: string;
  /** Images that only this one gets right. */
  only_reference: number;
  only_run: number;
  p: number;
}

/** A group against the reference, which is the first group. */
export interface GroupComparison extends VerdictText {
  reference: string;
  group: string;
  /** Test images that both saw; null where they differ, so that nothing was tested on images. */
  images: number | null;
  metrics: MetricComparison[];
  mcnemar: McNemarRow[];
  outcome: Outcome;
}

interface Scored {
  group: RunGroup;
  scores: ImageScores[];
  metrics: RunMetrics[];
}

/** Summarises each group and compares every later one with the first. */
export function compareGroups(
  groups: readonly RunGroup[],
  options: BootstrapOptions,
): { groups: GroupSummary[]; comparisons: GroupComparison[] } {
  const scored = groups.map((group): Scored => {
    const scores = group.runs.map((run) => imageScores(run.predicted));
    return { group, scores, metrics: scores.map(runMetrics) };
  });
  const [reference, ...others] = scored;
  const tested = others.map((other) => testMetrics(reference, other, options));
  const adjusted = holm(tested.flat().map((row) => row.p));
  const comparisons = others.map((other, i) => {
    const rows = tested[i].map((row, at) => judged(row, adjusted[i * TESTED.length + at]));
    return conclude(reference, other, rows);
  });
  return { groups: scored.map(summarize), comparisons };
}

/** Whether runs saw the same test images, in one order. */
export function sameImages(runs: readonly ComparedRun[]): boolean {
  const [first] = runs;
  const equal = (a: Int32Array, b: Int32Array) =>
    a.length === b.length && a.every((value, i) => value === b[i]);
  return runs.every(
    (run) =>
      run.dataset === first.dataset &&
      equal(run.predicted.indices, first.predicted.indices) &&
      equal(run.predicted.labels, first.predicted.labels),
  );
}

function summarize({ group, metrics }: Scored): GroupSummary {
  const over = (values: (number | null)[]): MeanSd => {
    const known = values.filter((value) => value !== null);
    return { mean: known.length === 0 ? null : mean(known), sd: standardDeviation(known) };
  };
  const names = Object.keys(metrics[0]) as (keyof RunMetrics)[];
  const costs = Object.keys(group.runs[0].cost);
  return {
    name: group.name,
    bayesian: group.bayesian,
    runs: group.runs.map((run) => run.name),
    seeds: group.runs.map((run) => run.seed),
    metrics: Object.fromEntries(
      names.map((name) => [name, over(metrics.map((each) => each[name]))]),
    ) as GroupSummary['metrics'],
    cost: Object.fromEntries(
      costs.map((name) => [name, over(group.runs.map((run) => run.cost[name] ?? null))]),
    ),
  };
}

type Tested = Omit<MetricComparison, 'p_adjusted' | 'verdict'>;

function testMetrics(a: Scored, b: Scored, options: BootstrapOptions): Tested[] {
  const average = ({ metrics }: Scored, metric: TestedMetric) => mean(metrics.map((each) => each[metric]));
  const observed = Object.fromEntries(
    TESTED.map((metric) => [metric, average(b, metric) - average(a, metric)]),
  ) as Record<TestedMetric, number>;
  const paired = sameImages([...a.group.runs, ...b.group.runs]);
  const intervals = paired ? bootstrap(a.scores, b.scores, observed, options) : null;
  const permutations = paired ? permutationTest(a.scores, b.scores, options) : null;
  return TESTED.map((metric) => {
    const values = ({ metrics }: Scored) => metrics.map((each) => each[metric]);
    const seeds = welch(values(a), values(b));
    const permutation = permutations?.[metric] ?? null;
    const ps = [permutation?.p, seeds?.p].filter((p) => p !== undefined);
    return {
      metric,
      reference: average(a, metric),
      group: average(b, metric),
      difference: observed[metric],
      bootstrap: intervals?.[metric] ?? null,
      permutation,
      seeds,
      p: ps.length === 0 ? null : Math.max(...ps),
    };
  });
}

function judged(row: Tested, adjusted: number | null): MetricComparison {
  let verdict: MetricVerdict = 'not tested';
  if (adjusted !== null) {
    verdict = 'no significant difference';
    if (adjusted < 0.05 && row.difference !== 0)
      verdict = isBetter(row.metric, row.difference) ? 'better' : 'worse';
  }
  return { ...row, p_adjusted: adjusted, verdict };
}

function conclude(a: Scored, b: Scored, metrics: MetricComparison[]): GroupComparison {
  const paired = sameImages([...a.group.runs, ...b.group.runs]);
  const outcome = outcomeOf(metrics.map((row) => row.verdict));
  return {
    reference: a.group.name,
    group: b.group.name,
    images: paired ? a.scores[0].correct.length : null,
    metrics,
    mcnemar: paired ? mcnemarRows(a, b) : [],
    outcome,
    ...verdictText(a.group, b.group, metrics, outcome, paired),
  };
}

function mcnemarRows(a: Scored, b: Scored): McNemarRow[] {
  const named = ({ group, scores }: Scored) => group.runs.map((run, i) => ({ run, scores: scores[i] }));
  return pairUp(named(a), named(b)).map(([one, other]) => {
    const { onlyA, onlyB, p } = mcnemar(one.scores.correct, other.scores.correct);
    return { reference: one.run.name, run: other.run.name, only_reference: onlyA, only_run: onlyB, p };
  });
}
