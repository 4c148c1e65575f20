import { access, appendFile, constants, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import type { PosteriorRow } from '../train/posterior-row.js';
import type { LossPrint, MetricsRow } from '../train/row.js';
import { removeTemporaries, syncFile, writeAtomic, writeError } from './atomic-write.js';
import { removeCheckpoint } from './checkpoint.js';
import type { Environment } from './environment.js';
import {
  checkedLoss,
  checkedPosterior,
  checkedRow,
  readLosses,
  readMetrics,
  readPosterior,
  toCsv,
  toJsonLines,
} from './metrics-file.js';

const document = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The files of one run, for writing. Every file but losses.jsonl is replaced as a whole, atomically. */
export class RunFolder {
  /** The folder's own name: the one asked for, or that with a suffix. */
  readonly name: string;

  /** @param rows metrics rows that the folder already holds @param posterior the same of posterior.jsonl */
  constructor(
    readonly path: string,
    private readonly rows: MetricsRow[] = [],
    private readonly posterior: PosteriorRow[] = [],
  ) {
    this.name = path.split(/[\\/]/).at(-1) as string;
  }

  /** A file inside the folder, e.g. `file('report.html')`. */
  file(name: string): string {
    return path.join(this.path, name);
  }

  /** Saves the resolved config, which reproduces the run. */
  writeConfig(config: object): Promise<void> {
    return writeAtomic(this.file('config.json'), document(config));
  }

  writeEnvironment(environment: Environment): Promise<void> {
    return writeAtomic(this.file('environment.json'), document(environment));
  }

  writeSummary(summary: object): Promise<void> {
    return writeAtomic(this.file('summary.json'), document(summary));
  }

  /** Adds an epoch's row to metrics.jsonl and .csv. @throws BayescnnError 'failure' for NaN or a full disk */
  async appendMetrics(row: MetricsRow): Promise<void> {
    this.rows.push(checkedRow(row));
    await writeAtomic(this.file('metrics.jsonl'), toJsonLines(this.rows));
    await writeAtomic(this.file('metrics.csv'), toCsv(this.rows));
  }

  /**
   * Adds an epoch's rows to posterior.jsonl, one a Bayesian layer; a network without any has no such file.
   * @throws as `appendMetrics`
   */
  async appendPosterior(rows: readonly PosteriorRow[]): Promise<void> {
    if (rows.length === 0) return;
    this.posterior.push(...rows.map(checkedPosterior));
    await writeAtomic(this.file('posterior.jsonl'), toJsonLines(this.posterior));
  }

  /** Adds a printed loss to losses.jsonl: appended, since there can be very many. */
  async appendLoss(print: LossPrint): Promise<void> {
    const line = toJsonLines([checkedLoss(print)]);
    await appendFile(this.file('losses.jsonl'), line).catch((cause) => {
      throw writeError(this.file('losses.jsonl'), cause);
    });
  }

  /** Puts the appended losses on the disk; call it before a checkpoint that stands for them. */
  syncLosses(): Promise<void> {
    return syncFile(this.file('losses.jsonl'));
  }
}

const NAME_RULE = 'expected letters, digits, ".", "_" and "-" (at most 100, first a letter or digit)';

function checkName(name: string): void {
  // Windows forbids most others, and a leading dot would hide the run.
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return;
  throw new BayescnnError('usage', `run name: ${NAME_RULE}, got ${JSON.stringify(name)}`, {
    hint: 'choose another with --name',
  });
}

/** Makes the first free of `name`, `name-2`, ...; mkdir decides, so that two runs never share one. */
async function makeFree(outDir: string, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const folder = path.join(outDir, number === 1 ? name : `${name}-${number}`);
    try {
      await mkdir(folder);
      return folder;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(folder, cause);
    }
  }
}

/**
 * Makes a new run folder `outDir/name` with `checkpoints/` inside. A taken name gets the suffix -2, -3, ...;
 * nothing is ever overwritten.
 * @throws BayescnnError 'failure' when the folder cannot be made (nothing is left), 'usage' for a bad name
 */
export async function createRunFolder(outDir: string, name: string): Promise<RunFolder> {
  checkName(name);
  const root = path.resolve(outDir);
  await mkdir(root, { recursive: true }).catch((cause) => {
    throw writeError(root, cause);
  });
  const folder = await makeFree(root, name);
  try {
    await mkdir(path.join(folder, 'checkpoints'));
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw writeError(folder, cause);
  }
  return new RunFolder(folder);
}

/** How far a run got: its finished epochs, and the batches of the next one. */
export interface RunPoint {
  epoch: number;
  batch: number;
}

/**
 * A run folder to go on with from a point (that of a checkpoint): later rows, which a crash may have left behind, are
 * dropped, because their steps run again; so is what writes that were cut short left.
 * @throws BayescnnError 'failure' when it cannot be written, 'data' when its rows are damaged
 */
export async function reopenRunFolder(folder: string, { epoch, batch }: RunPoint): Promise<RunFolder> {
  const root = path.resolve(folder);
  await access(root, constants.W_OK).catch((cause) => {
    throw writeError(root, cause);
  });
  const checkpoints = path.join(root, 'checkpoints');
  await mkdir(checkpoints, { recursive: true }).catch((cause) => {
    throw writeError(checkpoints, cause);
  });
  for (const place of [root, checkpoints]) await removeTemporaries(place);
  // Left by a crash between an epoch's checkpoint and the removal of the older one inside it.
  if (batch === 0) await removeCheckpoint(root, 'step');
  const done = (row: { epoch: number }): boolean => row.epoch <= epoch;
  const printed = (row: LossPrint): boolean => done(row) || (row.epoch === epoch + 1 && row.batch <= batch);
  const [rows, losses] = [(await readMetrics(root)).filter(done), (await readLosses(root)).filter(printed)];
  const posterior = (await readPosterior(root)).filter(done);
  await rewrite(path.join(root, 'metrics.jsonl'), rows, toJsonLines);
  await rewrite(path.join(root, 'metrics.csv'), rows, toCsv);
  await rewrite(path.join(root, 'losses.jsonl'), losses, toJsonLines);
  await rewrite(path.join(root, 'posterior.jsonl'), posterior, toJsonLines);
  return new RunFolder(root, rows, posterior);
}

/** A file of rows; none without any, as in a run that has not come so far. */
async function rewrite<T>(
  file: string,
  rows: readonly T[],
  text: (rows: readonly T[]) => string,
): Promise<void> {
  if (rows.length > 0) return writeAtomic(file, text(rows));
  await rm(file, { force: true }).catch((cause) => {
    throw writeError(file, cause);
  });
}
