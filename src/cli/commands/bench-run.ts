import { stat } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../../errors.js';
import { writeAtomic } from '../../results/index.js';
import { conditions, disturbance } from '../../runs/bench/conditions.js';
import { type NotebookRound, runNotebook } from '../../runs/bench/notebook.js';
import type { PeerDevice } from '../../runs/bench/peer.js';
import { runProfile } from '../../runs/bench/profile.js';
import { runBench } from '../../runs/bench/rates.js';
import type { BenchOptions, Setting } from '../../runs/bench/settings.js';
import { runVersus } from '../../runs/bench/versus.js';
import { machine } from '../machine.js';
import type { Output } from '../output.js';
import { whole } from '../output-format.js';
import type { CommandContext } from '../run-command.js';
import { notebookTable, profileTable, table, versusTable } from './bench-text.js';

/** The command's flags. */
export interface BenchFlags extends Omit<BenchOptions, 'signal'> {
  profile?: true | undefined;
  vsPytorch?: string | undefined;
  peer?: string | undefined;
  device?: PeerDevice | undefined;
  notebook?: true | undefined;
  archive?: string | undefined;
  sha256?: string | undefined;
  out?: string | undefined;
  json?: true | undefined;
  quiet?: true | undefined;
}

/** What a measurement adds to the document, and its table. */
interface Measured {
  result: object;
  text: string;
}

/** Measures what the flags ask for and prints it, with what it must be read with. */
export async function bench(flags: BenchFlags, { output, signal }: CommandContext): Promise<void> {
  checkFlags(flags);
  if (flags.out !== undefined) await checkFolder(flags.out);
  const before = await conditions();
  const warning = disturbance(before);
  if (warning !== undefined) output.warn(warning);
  const { result, text } = await measurementOf(flags)(flags, output, signal);
  const { json: _, quiet: __, out, ...options } = flags;
  const document = { machine: machine(), ...before, options, ...result };
  if (out !== undefined) await writeAtomic(out, `${JSON.stringify(document, null, 2)}\n`);
  output.result(document, out === undefined ? text : `${text}\nwritten to ${out}`);
}

/** Flags that say nothing without another. */
function checkFlags(flags: BenchFlags): void {
  const needed = [
    ['peer', 'vsPytorch', '--peer', '--vs-pytorch PYTHON'],
    ['device', 'vsPytorch', '--device', '--vs-pytorch PYTHON'],
    ['archive', 'notebook', '--archive', '--notebook'],
    ['sha256', 'notebook', '--sha256', '--notebook'],
  ] as const;
  for (const [flag, condition, name, other] of needed) {
    if (flags[flag] === undefined || flags[condition] !== undefined) continue;
    throw new BayescnnError('usage', `bench: ${name} goes with ${other}, got it alone`, {
      hint: 'bayescnn bench --help',
    });
  }
}

/** Before minutes of measuring, not after. */
async function checkFolder(file: string): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new BayescnnError('usage', `--out: expected a file in an existing folder, got ${file}`, {
    hint: `mkdir -p ${folder}`,
  });
}

type Measurement = (flags: BenchFlags, output: Output, signal: AbortSignal) => Promise<Measured>;

function measurementOf(flags: BenchFlags): Measurement {
  if (flags.notebook) return notebook;
  if (flags.vsPytorch !== undefined) return versus;
  return flags.profile ? profile : rates;
}

function name({ model, batch, threads }: Setting): string {
  return `${model}, batch ${batch}, threads ${threads}`;
}

const rates: Measurement = async (flags, output, signal) => {
  const rows = await runBench({ ...flags, signal }, (row) =>
    output.note(`${name(row)}: ${whole(row.images_per_second.median)} images/s`),
  );
  return { result: { rows }, text: table(rows) };
};

const profile: Measurement = async (flags, output, signal) => {
  const rows = await runProfile({ ...flags, signal }, (row) => output.note(`${name(row)}: profiled`));
  return { result: { rows }, text: rows.map(profileTable).join('\n\n') };
};

const versus: Measurement = async (flags, output, signal) => {
  const python = flags.vsPytorch as string;
  const { versions, rows } = await runVersus({ ...flags, python, signal }, (row) => {
    const [theirs, ours] = [row.pytorch.median, row.bayescnn.median].map(whole);
    output.note(
      `${name(row)}: PyTorch ${theirs}, bayescnn ${ours} images/s, ${row.ratio.median.toFixed(2)} x`,
    );
  });
  const { engine, device } = rows[0];
  const title =
    `PyTorch ${versions.torch}, Python ${versions.python}, on ${versions.device}; ` +
    `bayescnn's ${engine} on ${device}; training images/s`;
  return { result: { peer: versions, rows }, text: `${title}\n${versusTable(rows)}` };
};

const notebook: Measurement = async (flags, output, signal) => {
  const { threads, vsPytorch: python, ...others } = flags;
  if (threads && threads.length > 1) {
    throw new BayescnnError('usage', `bench: --notebook takes one number of threads, got ${threads.join()}`, {
      hint: `--threads ${Math.max(...threads)}`,
    });
  }
  const result = await runNotebook({ ...others, python, threads: threads?.[0], signal }, (round) =>
    output.note(roundLine(round)),
  );
  return { result: { notebook: result }, text: notebookTable(result) };
};

function roundLine({ pytorch, bayescnn }: NotebookRound): string {
  const theirs = pytorch ? `PyTorch ${pytorch.seconds.toFixed(1)} s, ` : '';
  return `${theirs}bayescnn ${bayescnn.seconds.toFixed(1)} s`;
}
