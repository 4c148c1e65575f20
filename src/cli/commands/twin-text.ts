import path from 'node:path';
import { textTable } from '../../report/index.js';
import type { OpenedRun } from '../../results/index.js';
import { isBayesianRun } from '../../runs/twin.js';
import { duration, percent } from '../output-format.js';

/** Figures of a summary's last row, and how they are written. */
const FIGURES: [name: string, key: string, format: (value: number) => string][] = [
  ['test accuracy', 'test_accuracy', (value) => percent(value)],
  ['test NLL', 'test_nll', (value) => value.toFixed(4)],
  ['ECE', 'ece', (value) => value.toFixed(4)],
  ['Brier', 'brier', (value) => value.toFixed(4)],
  ['predictive entropy', 'predictive_entropy', (value) => value.toFixed(4)],
  ['mutual information', 'mutual_information', (value) => value.toFixed(4)],
];

function figure(value: unknown, format: (value: number) => string): string {
  return typeof value === 'number' ? format(value) : '-';
}

/** A CNN beside its Bayesian twin, as single runs: what a comparison would tell is pointed to. @param width of a line */
export function twinTable(run: OpenedRun, twin: OpenedRun, width?: number): string {
  const [cnn, bayesian] = isBayesianRun(run) ? [twin, run] : [run, twin];
  const both = [cnn, bayesian];
  const final = both.map(({ summary }) => (summary?.final ?? {}) as Record<string, unknown>);
  const rows = [
    ['', `CNN: ${cnn.name}`, `Bayesian: ${bayesian.name}`],
    ...FIGURES.map(([name, key, format]) => [name, ...final.map((row) => figure(row[key], format))]),
    ['epochs', ...both.map(({ summary }) => figure(summary?.epochs, String))],
    ['training', ...both.map(({ summary }) => figure(summary?.train_seconds, duration))],
  ];
  const folders = both.map((one) => path.relative(process.cwd(), one.path)).join(' ');
  return `Single runs, the last epoch of each:\n${textTable(rows, width)}\nWith intervals and tests: bayescnn compare ${folders}`;
}
