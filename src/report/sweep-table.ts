import { mean, standardDeviation } from './statistics.js';
import type { Cells } from './table.js';

/** What a sweep compares its points by, in the order of its table. */
export const SWEEP_METRICS = [
  'test_accuracy',
  'test_nll',
  'ece',
  'brier',
  'predictive_entropy',
  'validation_nll',
  'train_seconds',
] as const;
export type SweepMetric = (typeof SWEEP_METRICS)[number];

/** A finished run of a point; null for what it did not measure. */
export interface SweepRun {
  readonly point: string;
  readonly metrics: Readonly<Record<SweepMetric, number | null>>;
}

/** Mean and sample standard deviation over the seeds of a point. */
export interface PointSummary {
  readonly point: string;
  readonly runs: number;
  readonly metrics: Readonly<Record<SweepMetric, { mean: number | null; sd: number | null }>>;
}

/**
 * One summary a point, in the order given; with validation images the lowest mean validation NLL first. Test images
 * order nothing.
 */
export function summarizePoints(points: readonly string[], runs: readonly SweepRun[]): PointSummary[] {
  const byPoint = new Map<string, SweepRun[]>(points.map((point) => [point, []]));
  for (const run of runs) byPoint.get(run.point)?.push(run);
  const summaries = points.map((point) => summarize(point, byPoint.get(point) ?? []));
  if (summaries.every(({ metrics, runs: n }) => n === 0 || metrics.validation_nll.mean === null))
    return summaries;
  const rank = ({ metrics }: PointSummary) => metrics.validation_nll.mean ?? Number.POSITIVE_INFINITY;
  return summaries.sort((a, b) => rank(a) - rank(b) || 0);
}

function summarize(point: string, runs: readonly SweepRun[]): PointSummary {
  const over = (metric: SweepMetric) => {
    const values = runs.flatMap(({ metrics }) => metrics[metric] ?? []);
    return { mean: values.length === 0 ? null : mean(values), sd: standardDeviation(values) };
  };
  const metrics = Object.fromEntries(SWEEP_METRICS.map((metric) => [metric, over(metric)]));
  return { point, runs: runs.length, metrics: metrics as unknown as PointSummary['metrics'] };
}

const HEADS: Record<SweepMetric, string> = {
  test_accuracy: 'accuracy %',
  test_nll: 'NLL',
  ece: 'ECE',
  brier: 'Brier',
  predictive_entropy: 'entropy',
  validation_nll: 'validation NLL',
  train_seconds: 'training s',
};

/** The table of a sweep; columns that no run measured are left out. */
export function sweepTable(points: readonly PointSummary[]): Cells {
  const shown = SWEEP_METRICS.filter((metric) => points.some(({ metrics }) => metrics[metric].mean !== null));
  const rows = points.map(({ point, runs, metrics }) => [
    point,
    String(runs),
    ...shown.map((metric) => cell(metric, metrics[metric])),
  ]);
  return [['point', 'runs', ...shown.map((metric) => HEADS[metric])], ...rows];
}

function cell(metric: SweepMetric, { mean: middle, sd }: { mean: number | null; sd: number | null }): string {
  if (middle === null) return '-';
  const [scale, digits] =
    metric === 'test_accuracy' ? [100, 2] : metric === 'train_seconds' ? [1, 1] : [1, 3];
  const text = (value: number) => (value * scale).toFixed(digits);
  return sd === null ? text(middle) : `${text(middle)} ± ${text(sd)}`;
}
