import type { NotebookResult } from '../../runs/bench/notebook.js';
import type { ProfileRow } from '../../runs/bench/profile.js';
import type { BenchRow } from '../../runs/bench/rates.js';
import type { Spread } from '../../runs/bench/spread.js';
import type { VersusRow } from '../../runs/bench/versus.js';
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

/** `5.3`, lowest and highest of a ratio. */
function ratioCells(ratio: Spread | null): string[] {
  return ratio ? [ratio.median, ratio.min, ratio.max].map((value) => value.toFixed(2)) : ['', '', ''];
}

/** Images/s of each setting beside PyTorch's: medians, and the ratio of each round. */
export function versusTable(rows: readonly VersusRow[]): string {
  const heading = [
    'model',
    'batch',
    'threads',
    'PyTorch',
    'bayescnn',
    'ratio',
    'lowest',
    'highest',
    'rounds',
  ];
  const cells = rows.map(({ model, batch, threads, pytorch, bayescnn, ratio, rounds }) => [
    model,
    ...[batch, threads, pytorch.median, bayescnn.median].map(whole),
    ...ratioCells(ratio),
    whole(rounds.length),
  ]);
  return grid(heading, cells, 1);
}

/** Seconds of the notebook's process, ours and PyTorch's. */
export function notebookTable({ rounds, peer, bayescnn, pytorch, ratio }: NotebookResult): string {
  const accuracy = (name: 'bayescnn' | 'pytorch') =>
    rounds.map((round) => percent(round[name]?.test_accuracy ?? Number.NaN)).join(', ');
  const line = (name: 'bayescnn' | 'pytorch', time: Spread) => [
    name === 'pytorch' ? 'PyTorch' : name,
    ...[time.median, time.min, time.max].map((seconds) => seconds.toFixed(1)),
    accuracy(name),
  ];
  const lines = [...(pytorch ? [line('pytorch', pytorch)] : []), line('bayescnn', bayescnn)];
  if (ratio) lines.push(['ratio', ...ratioCells(ratio), '']);
  const table = grid(['process', 'seconds', 'lowest', 'highest', 'test accuracy'], lines, 1);
  if (!peer) return table;
  const loader = `${peer.workers} loader processes, images by ${peer.transform}`;
  return `PyTorch ${peer.torch}, Python ${peer.python}, ${loader}\n${table}`;
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
  'not 0',
];

/** Where one setting's step goes, kernel by kernel. */
export function profileTable(row: ProfileRow): string {
  const { model, batch, threads, peak_gflop_per_second: peak, step_microseconds: step } = row;
  const kernels = row.kernels.map((kernel) => [
    kernel.kernel,
    kernel.shape,
    whole(kernel.calls_per_step),
    fixed(kernel.microseconds_per_step, 1),
    fixed(kernel.microseconds_per_image, 2),
    fixedPercent(kernel.share),
    maybe(kernel.gflop_per_step, (gflop) => (1000 * gflop).toFixed(2)),
    maybe(kernel.gflop_per_second, (rate) => rate.toFixed(1)),
    maybe(kernel.peak_share, (share) => percent(share, 0)),
    maybe(kernel.live_share, (share) => percent(share, 0)),
  ]);
  const rest = (name: string, microseconds: number) => [
    name,
    '',
    '',
    fixed(microseconds, 1),
    fixed(microseconds / batch, 2),
    fixedPercent(microseconds / step),
    '',
    '',
    '',
    '',
  ];
  const totals = [
    rest('all kernels', row.kernels_microseconds),
    ...(row.noise_microseconds > 0 ? [rest('of them, noise', row.noise_microseconds)] : []),
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

/** Digits after the point, and no minus before zeros: times below the clock's noise come out on either side of 0. */
function fixed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(?=[0.]+$)/, '');
}

function fixedPercent(share: number): string {
  return `${fixed(100 * share, 1)} %`;
}

function maybe(value: number | null, format: (value: number) => string): string {
  return value === null ? '' : format(value);
}
