import type { ProfileRow } from '../../runs/bench/profile.js';
import type { BenchRow } from '../../runs/bench/rates.js';
import { percent, whole } from '../output-format.js';

/** Rows under a heading in columns: the first `left` flush left, numbers to the right. */
function grid(heading: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const widths = heading.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const draw = (row: readonly string[]) =>
    row.map((cell, i) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return [heading, ...rows].map((row) => draw(row).trimEnd()).join('\n');
}

/** What the table shows of a row. */
type Row = Pick<BenchRow, 'model' | 'batch' | 'threads' | 'images_per_second' | 'repetitions'>;

/** Images/s of each setting. */
export function table(rows: readonly Row[]): string {
  const heading = ['model', 'batch', 'threads', 'images/s', 'lowest', 'highest', 'runs'];
  const cells = rows.map(({ model, batch, threads, images_per_second: rate, repetitions }) => [
    model,
    ...[batch, threads, rate.median, rate.min, rate.max, repetitions].map(whole),
  ]);
  return grid(heading, cells, 1);
}

const PROFILE_HEADING = [
  'kernel',
  'shape',
  'calls',
  'us/step',
  'us/image',
  'share',
  'MFLOP',
  'GFLOP/s',
  'of peak',
];

/** Where one setting's step goes, kernel by kernel. */
export function profileTable(row: ProfileRow): string {
  const { model, batch, threads, peak_gflop_per_second: peak, step_microseconds: step } = row;
  const kernels = row.kernels.map((kernel) => [
    kernel.kernel,
    kernel.shape,
    whole(kernel.calls_per_step),
    kernel.microseconds_per_step.toFixed(1),
    kernel.microseconds_per_image.toFixed(2),
    percent(kernel.share, 1),
    maybe(kernel.gflop_per_step, (gflop) => (1000 * gflop).toFixed(2)),
    maybe(kernel.gflop_per_second, (rate) => rate.toFixed(1)),
    maybe(kernel.peak_share, (share) => percent(share, 0)),
  ]);
  const rest = (name: string, microseconds: number) => [
    name,
    '',
    '',
    microseconds.toFixed(1),
    (microseconds / batch).toFixed(2),
    percent(microseconds / step, 1),
    '',
    '',
    '',
  ];
  const totals = [
    rest('all kernels', row.kernels_microseconds),
    rest('entry, barriers', row.program_microseconds - row.kernels_microseconds),
    rest('inputs, outputs', step - row.program_microseconds),
    rest('whole step', step),
  ];
  const each = threads === 1 ? '' : ` = ${threads} x ${(peak / threads).toFixed(1)}`;
  const title =
    `${model}, batch ${batch}, threads ${threads}: ${whole(row.images_per_second)} images/s; ` +
    `peak ${peak.toFixed(1)} GFLOP/s${each} (${row.relaxed ? 'fused multiply-add' : 'multiply and add'})`;
  return `${title}\n${grid(PROFILE_HEADING, [...kernels, ...totals], 2)}`;
}

function maybe(value: number | null, format: (value: number) => string): string {
  return value === null ? '' : format(value);
}
