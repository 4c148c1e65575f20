import { textTable } from '../../report/table.js';
import type { CorruptionMeans, CorruptionResult } from '../../runs/corrupted.js';
import { percent } from '../output-format.js';

/** Metrics beside accuracy that the tables show. */
const SHOWN = ['nll', 'ece', 'predictive_entropy', 'mutual_information'] as const;
const HEADS = ['NLL', 'ECE', 'entropy', 'mutual information'];
type Shown = Pick<CorruptionResult, (typeof SHOWN)[number] | 'accuracy'>;
const figures = (point: Shown): string[] => SHOWN.map((name) => point[name].toFixed(4));

/** Metrics on corrupted images: a row a kind, and their means. */
export function corruptionText(
  results: readonly CorruptionResult[],
  means: CorruptionMeans | undefined,
  width?: number,
): string {
  const levels = [...new Set(results.map(({ severity }) => severity))];
  const kinds = [...new Set(results.map(({ kind }) => kind))];
  const of = (kind: string) => results.filter((result) => result.kind === kind);
  const rows = kinds.map((kind) => [kind, ...row(of(kind))]);
  const mean = means && means.kinds > 1 ? [[`mean of ${means.kinds}`, ...row(means.by_severity)]] : [];
  const heads =
    levels.length > 1
      ? ['accuracy at severity', ...levels.map(String), 'mean', ...HEADS.map((head) => `mean ${head}`)]
      : ['corruption', 'severity', 'accuracy', ...HEADS];
  return [textTable([heads, ...rows, ...mean], width), ...conclusion(means, levels)].join('\n');
}

/** One severity: that and its figures; several: the accuracies at each, then means over them. */
function row(points: readonly (Shown & { severity: number })[]): string[] {
  if (points.length === 1)
    return [String(points[0].severity), percent(points[0].accuracy), ...figures(points[0])];
  const mean = (name: keyof Shown) => points.reduce((sum, point) => sum + point[name], 0) / points.length;
  return [
    ...points.map(({ accuracy }) => percent(accuracy)),
    percent(mean('accuracy')),
    ...SHOWN.map((name) => mean(name).toFixed(4)),
  ];
}

function conclusion(means: CorruptionMeans | undefined, levels: readonly number[]): string[] {
  if (!means || means.kinds < 2) return [];
  const over = levels.length > 1 ? ' and severities' : '';
  return [`mean corruption error ${percent(means.error)} over ${means.kinds} kinds${over}`];
}
