import { existsSync } from 'node:fs';
import * as z from 'zod';
import { type Config, parseConfig } from '../config/index.js';
import { BayescnnError } from '../errors.js';
import type { Lock } from '../lock/lock.js';
import {
  type CheckpointName,
  checkpointFile,
  type LoadedCheckpoint,
  loadCheckpoint,
  loadRollbacks,
  lockRun,
  type OpenedRun,
  openRun,
  type Rollback,
  type RunLockOptions,
  type RunPoint,
  readPosterior,
} from '../results/index.js';
import type { PosteriorRow } from '../train/posterior-row.js';
import type { EpochProgress } from '../train/progress.js';
import type { MetricsRow } from '../train/row.js';
import { checkSameModel } from './same-model.js';

/** Where a run goes on: at its last checkpoint, or at its beginning where it has none. */
export interface ResumePoint {
  path: string;
  config: Config;
  /** Its environment.json. */
  environment: Record<string, unknown> | null;
  checkpoint: LoadedCheckpoint | null;
  /** Epochs that are done. */
  epoch: number;
  /** Steps that are done. */
  step: number;
  /** Where the next epoch stopped, unless at its beginning. */
  progress: EpochProgress | undefined;
  /** Metrics of the epochs that are done. */
  rows: MetricsRow[];
  /** Their Bayesian layers. */
  posterior: PosteriorRow[];
  /** How often it diverged and went back. */
  rollbacks: Rollback[];
}

/** A run that can go on. */
export interface Resumable extends ResumePoint {
  /** Keeps other processes out of the folder; `runTraining` frees it. */
  lock: Lock;
}

/**
 * Opens a run that stopped before its end, and takes its folder. Shuffling, augmentation and noise depend on the epoch
 * and the step alone, so going on from a checkpoint gives the bytes of a run that never stopped.
 * @throws BayescnnError 'usage' for a run that is complete, 'data' for a damaged one, 'failure' for one that another
 *   process trains
 */
export async function openResumable(folder: string, options: RunLockOptions = {}): Promise<Resumable> {
  // Looked at before it is taken as well: nothing is written into a folder that is no run, or a complete one.
  const { path } = checkUnfinished(await openRun(folder), folder);
  const lock = await lockRun(path, options);
  try {
    return { ...(await readResumable(checkUnfinished(await openRun(folder), folder))), lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function checkUnfinished(run: OpenedRun, folder: string): OpenedRun {
  if (run.derived !== null)
    throw new BayescnnError('usage', `--resume ${folder}: expected a trained run, got one made of others`, {
      hint: `resume what it was made of: ${run.derived.from.map((source) => source.run).join(', ')}`,
    });
  if (run.summary === null) return run;
  const { epochs } = parseConfig(run.config, `${run.path}/config.json`).train;
  throw new BayescnnError(
    'usage',
    `--resume ${folder}: expected a run with epochs left, got all ${epochs} done`,
    { hint: 'start a new run with more train.epochs' },
  );
}

/** Reads where a run goes on; its folder must be this process's. @throws BayescnnError 'data' for a damaged run */
export async function readResumable(run: OpenedRun): Promise<ResumePoint> {
  const config = parseConfig(run.config, `${run.path}/config.json`);
  const rollbacks = await loadRollbacks(run.path);
  const checkpoint = await newest(run, rollbacks.length);
  if (checkpoint !== null) checkSameModel(config, checkpoint);
  const { epoch, step } = checkpoint?.counters ?? { epoch: 0, step: 0 };
  const progress = checkpoint?.progress === undefined ? undefined : parseProgress(checkpoint, epoch);
  const rows = (await run.metrics()).filter((row) => row.epoch <= epoch);
  checkRows(run, rows, epoch);
  const posterior = (await readPosterior(run.path)).filter((row) => row.epoch <= epoch);
  const { path, environment } = run;
  return { path, config, environment, checkpoint, epoch, step, progress, rows, posterior, rollbacks };
}

/** Where a resumed run goes on. */
export function pointOf({ epoch, progress }: ResumePoint): RunPoint {
  return { epoch, batch: progress?.sums.steps ?? 0 };
}

/** The same for people. */
export function placeOf(resume: ResumePoint): string {
  const { epoch, batch } = pointOf(resume);
  if (batch > 0) return `after step ${batch} of epoch ${epoch + 1}`;
  return epoch === 0 ? 'from its beginning' : `after epoch ${epoch}`;
}

/** The engine that a run was left on; undefined where its environment.json does not tell. */
export function engineBefore({ environment }: Pick<ResumePoint, 'environment'>): string | undefined {
  const starts = [environment, ...((environment?.resumed as unknown[] | undefined) ?? [])];
  return (starts.at(-1) as { engine?: { name?: string } } | null)?.engine?.name;
}

/**
 * The checkpoint inside the epoch under way, else that of the last finished epoch; null before either.
 * @param rollbacks one inside an epoch that was written before the last of them is of no use any more
 */
async function newest(run: OpenedRun, rollbacks: number): Promise<LoadedCheckpoint | null> {
  const load = (which: CheckpointName) => {
    const file = checkpointFile(run.path, which);
    return existsSync(file) ? loadCheckpoint(file) : null;
  };
  const [last, step] = [await load('last'), await load('step')];
  // A crash just behind an epoch's end leaves the older one of the epoch's inside.
  const counts = (step?.counters.rollbacks ?? 0) === rollbacks;
  return step && counts && step.counters.step > (last?.counters.step ?? 0) ? step : last;
}

const count = z.int().min(0);
const progressSchema: z.ZodType<EpochProgress> = z.strictObject({
  epoch: count,
  seconds: z.number().min(0),
  sums: z.strictObject({
    nll: z.number(),
    kl: z.number(),
    correct: count,
    images: count,
    steps: count,
    klWeight: z.number(),
    klMean: z.number(),
    covariance: z.number(),
  }),
  printed: z.strictObject({ sum: z.number(), batches: count }),
});

function parseProgress({ path, progress }: LoadedCheckpoint, epoch: number): EpochProgress {
  const parsed = progressSchema.safeParse(progress);
  if (parsed.success && parsed.data.epoch === epoch + 1) return parsed.data;
  throw new BayescnnError(
    'data',
    `${path}: "progress" must tell where epoch ${epoch + 1} stands, got ${JSON.stringify(progress)?.slice(0, 60)}`,
    { hint: 'remove the file to go on after the last finished epoch' },
  );
}

/** A finished epoch's row is written before its checkpoint, so it can only be missing where the file was changed. */
function checkRows(run: OpenedRun, rows: readonly MetricsRow[], epochs: number): void {
  if (rows.every((row, i) => row.epoch === i + 1) && rows.length === epochs) return;
  throw new BayescnnError(
    'data',
    `${run.path}/metrics.jsonl: expected a row for each of ${epochs} epochs, got ${rows.length}`,
    { hint: 'the file was changed or damaged; use a copy of it' },
  );
}
