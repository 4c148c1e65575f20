import { type Config, parseConfig } from '../config/index.js';
import { BayescnnError } from '../errors.js';
import { type LoadedCheckpoint, loadCheckpoint, openRun, readPosterior } from '../results/index.js';
import type { PosteriorRow } from '../train/posterior-row.js';
import type { MetricsRow } from '../train/row.js';

/** A run that can go on after its last finished epoch. */
export interface Resumable {
  path: string;
  config: Config;
  /** Its environment.json. */
  environment: Record<string, unknown> | null;
  checkpoint: LoadedCheckpoint;
  /** Epochs that are done. */
  epoch: number;
  /** Their metrics. */
  rows: MetricsRow[];
  /** Their Bayesian layers. */
  posterior: PosteriorRow[];
}

/**
 * Opens a run that stopped before its last epoch. Shuffling and noise depend on the epoch and the step alone,
 * so going on from an epoch's end gives the bytes of a run that never stopped.
 * @throws BayescnnError 'usage' for a run that is complete or has no checkpoint, 'data' for a damaged one
 */
export async function openResumable(folder: string): Promise<Resumable> {
  const run = await openRun(folder);
  const config = parseConfig(run.config, `${run.path}/config.json`);
  const checkpoint = await loadCheckpoint(run.checkpoint('last'));
  const { epoch } = checkpoint.counters;
  if (epoch >= config.train.epochs) {
    throw new BayescnnError(
      'usage',
      `--resume ${folder}: expected a run with epochs left, got all ${epoch} done`,
      {
        hint: 'start a new run with more train.epochs',
      },
    );
  }
  const rows = (await run.metrics()).filter((row) => row.epoch <= epoch);
  const posterior = (await readPosterior(run.path)).filter((row) => row.epoch <= epoch);
  return { path: run.path, config, environment: run.environment, checkpoint, epoch, rows, posterior };
}
