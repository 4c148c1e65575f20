import type { GroupComparison, GroupSummary, MeanSd, MetricComparison } from './comparison.js';
import type { Difference } from './differences.js';
import { type Cells, markdownTable, textTable, withoutEmptyColumns } from './table.js';
import { meanSd, shown, type ValueKind, WHOLE } from './value-text.js';
import { METRIC_TITLES } from './verdict.js';

/** What `compare --json` prints. */
export interface ComparisonReport {
  /** The first is the reference. */
  groups: GroupSummary[];
  comparisons: GroupComparison[];
  /** Settings in which runs differ. */
  settings: Difference[];
  /** Facts of machine and program in which runs differ. */
  environment: Difference[];
  warnings: string[];
  resamples: number;
  seed: number;
}

/** Rows of the table of groups: title, where the value is, how it is shown. */
const GROUP_ROWS: readonly [string, (group: GroupSummary) => MeanSd | undefined, ValueKind][] = [
  ['accuracy %', ({ metrics }) => metrics.accuracy, 'share'],
  ['NLL', ({ metrics }) => metrics.nll, 'figure'],
  ['Brier', ({ metrics }) => metrics.brier, 'figure'],
  ['ECE', ({ metrics }) => metrics.ece, 'figure'],
  ['adaptive ECE', ({ metrics }) => metrics.adaptive_ece, 'figure'],
  ['AURC', ({ metrics }) => metrics.aurc, 'figure'],
  ['predictive entropy', ({ metrics }) => metrics.predictive_entropy, 'figure'],
  ['mutual information', ({ metrics }) => metrics.mutual_information, 'figure'],
  ['posterior samples', ({ cost }) => cost.samples, 'count'],
  ['parameters', ({ cost }) => cost.parameters, 'count'],
  ['training s', ({ cost }) => cost.train_seconds, 'seconds'],
  ['training images/s', ({ cost }) => cost.images_per_second, 'count'],
];

export function groupCells(groups: readonly GroupSummary[]): Cells {
  return [
    ['', ...groups.map(({ name }) => name)],
    ['runs (seeds)', ...groups.map(({ runs, seeds }) => `${runs.length} (${seeds.join(', ')})`)],
    ...GROUP_ROWS.map(([title, pick, kind]) => [title, ...groups.map((group) => meanSd(pick(group), kind))]),
  ];
}

const signed = (value: number, kind: ValueKind): string =>
  `${value < 0 ? '-' : '+'}${shown(Math.abs(value), kind)}`;

function range(interval: { low: number | null; high: number | null } | null, kind: ValueKind): string {
  if (interval === null || interval.low === null || interval.high === null) return '-';
  return `${signed(interval.low, kind)} .. ${signed(interval.high, kind)}`;
}

const pText = (p: number | undefined | null): string =>
  p === undefined || p === null ? '-' : p.toPrecision(2);

export function metricCells(rows: readonly MetricComparison[]): Cells {
  const heads = [
    '',
    'difference',
    'bootstrap 95 %',
    'permutation 95 %',
    'p images',
    'seeds 95 %',
    'p seeds',
    'p adjusted',
    'verdict',
  ];
  const cells = rows.map((row) => {
    const kind: ValueKind = row.metric === 'accuracy' ? 'share' : 'figure';
    return [
      METRIC_TITLES[row.metric] + (kind === 'share' ? ' %' : ''),
      signed(row.difference, kind),
      range(row.bootstrap, kind),
      range(row.permutation, kind),
      pText(row.permutation?.p),
      range(row.seeds, kind),
      pText(row.seeds?.p),
      pText(row.p_adjusted),
      row.verdict,
    ];
  });
  return [heads, ...cells];
}

export function comparisonTitle({ group, reference, images }: GroupComparison): string {
  const where =
    images === null ? 'on different test images' : `on the same ${WHOLE.format(images)} test images`;
  return `${group} against ${reference}, ${where}`;
}

export function mcnemarCells({ mcnemar }: GroupComparison): Cells {
  return [
    ['McNemar', 'only reference right', 'only other right', 'p'],
    ...mcnemar.map((row) => [
      `${row.run} against ${row.reference}`,
      String(row.only_reference),
      String(row.only_run),
      pText(row.p),
    ]),
  ];
}

export function differenceLines(name: string, list: readonly Difference[]): string[] {
  if (list.length === 0) return [`${name}: none`];
  const line = ({ setting, values }: Difference) =>
    `${setting}: ${values.map(({ value, runs }) => `${value} (${runs.join(', ')})`).join('; ')}`;
  return [`${name}:`, ...list.map(line)];
}

/** How p-values were made, for readers. */
export function methodText({ resamples, seed, comparisons }: ComparisonReport): string {
  const tests = comparisons.flatMap(({ metrics }) => metrics).filter(({ p }) => p !== null).length;
  return (
    `Paired bootstrap and permutation over test images, ${WHOLE.format(resamples)} resamples, seed ${seed}; seeds: Welch's t over runs. ` +
    `Adjusted: the larger p of images and seeds, after Holm over ${tests} tests; below 0.05 counts.`
  );
}

/** The report as text, its tables for lines of `width` characters. */
export function comparisonText(report: ComparisonReport, width?: number): string {
  const parts = [textTable(groupCells(report.groups), width)];
  for (const comparison of report.comparisons) {
    parts.push(
      `${comparisonTitle(comparison)}\n${textTable(withoutEmptyColumns(metricCells(comparison.metrics)), width)}`,
    );
    parts.push([comparison.verdict, ...(comparison.caveat === null ? [] : [comparison.caveat])].join('\n'));
    if (comparison.mcnemar.length > 0) parts.push(textTable(mcnemarCells(comparison), width));
  }
  if (report.comparisons.length > 0) parts.push(methodText(report));
  const indent = (lines: string[]) => lines.join('\n  ');
  parts.push(indent(differenceLines('settings that differ', report.settings)));
  parts.push(indent(differenceLines('environment that differs', report.environment)));
  return parts.join('\n\n');
}

/** The report as GitHub-flavoured Markdown. */
export function comparisonMarkdown(report: ComparisonReport): string {
  const parts = [markdownTable(groupCells(report.groups))];
  for (const comparison of report.comparisons) {
    parts.push(`### ${comparisonTitle(comparison)}`, markdownTable(metricCells(comparison.metrics)));
    parts.push(`**${comparison.verdict}**${comparison.caveat === null ? '' : ` ${comparison.caveat}`}`);
    if (comparison.mcnemar.length > 0) parts.push(markdownTable(mcnemarCells(comparison)));
  }
  if (report.comparisons.length > 0) parts.push(methodText(report));
  const bullets = ([head, ...lines]: string[]) => [head, ...lines.map((line) => `- ${line}`)].join('\n');
  parts.push(bullets(differenceLines('Settings that differ', report.settings)));
  parts.push(bullets(differenceLines('Environment that differs', report.environment)));
  if (report.warnings.length > 0) parts.push(bullets(['Warnings:', ...report.warnings]));
  return parts.join('\n\n');
}

/** Columns of the CSV: one row a group and metric; test columns are empty for the reference. */
export const CSV_COLUMNS = [
  ...['group', 'runs', 'metric', 'mean', 'sd', 'reference', 'difference'],
  ...['bootstrap_low', 'bootstrap_high', 'permutation_low', 'permutation_high', 'p_images'],
  ...['seeds_low', 'seeds_high', 'p_seeds', 'p_adjusted', 'verdict'],
];

/** The rows of the CSV; numbers in full precision, null for an empty field. */
export function comparisonRows({ groups, comparisons }: ComparisonReport): (string | number | null)[][] {
  return groups.flatMap((group, at) => {
    const tested = at === 0 ? undefined : comparisons[at - 1];
    return Object.entries({ ...group.metrics, ...group.cost }).map(([metric, { mean, sd }]) => {
      const row = tested?.metrics.find((each) => each.metric === metric);
      const tests = [
        tested?.reference,
        row?.difference,
        ...[row?.bootstrap?.low, row?.bootstrap?.high],
        ...[row?.permutation?.low, row?.permutation?.high, row?.permutation?.p],
        ...[row?.seeds?.low, row?.seeds?.high, row?.seeds?.p],
        ...[row?.p_adjusted, row?.verdict],
      ];
      return [group.name, group.runs.length, metric, mean, sd, ...tests.map((value) => value ?? null)];
    });
  });
}
