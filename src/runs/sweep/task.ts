import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../config/index.js';
import type { DataEvents } from '../../data/index.js';
import { BayescnnError } from '../../errors.js';
import { withLock } from '../../lock/lock.js';
import type { TrainReporter } from '../../train/reporter.js';
import { openResumable } from '../resume.js';
import { runTraining, type TrainingRequest } from '../train.js';
import { SweepFolder } from './folder.js';

export interface TaskRequest {
  /** The sweep's folder. */
  sweep: string;
  /** A run of its plan. */
  name: string;
  /** Default: the config's. */
  threads?: number | undefined;
  reporter: TrainReporter;
  dataEvents?: DataEvents;
  signal?: AbortSignal;
}

/**
 * Brings one run of a sweep to its end, from wherever it stands: new, stopped on the way, or done.
 * @returns false when there was nothing left to do
 */
export async function runTask(request: TaskRequest): Promise<boolean> {
  const folder = await SweepFolder.open(request.sweep);
  const planned = await folder.configOf(request.name);
  const { signal, reporter } = request;
  // A task whose sweep was killed may still be saving what it has.
  return withLock(folder.file('locks', request.name), () => bring(folder, planned, request), {
    ...(signal && { signal }),
    onWait: (holder) => reporter.note(`${request.name}: waiting for ${holder}, which trains it`),
  });
}

async function bring(folder: SweepFolder, planned: Config, request: TaskRequest): Promise<boolean> {
  const run = folder.runPath(request.name);
  if (existsSync(path.join(run, 'summary.json'))) return false;
  const threads = request.threads ?? planned.backend.threads;
  const config: Config = { ...planned, backend: { ...planned.backend, threads } };
  const { reporter, dataEvents, signal } = request;
  const training: TrainingRequest = {
    config,
    outDir: path.dirname(run),
    reporter,
    ...(dataEvents && { dataEvents }),
    ...(signal && { signal }),
  };
  await runTraining(existsSync(run) ? await takenUp(training, run) : training);
  return true;
}

/**
 * Goes on with a run that stopped. Where it left nothing to go on from, its folder makes way for a new start, which
 * computes the same.
 */
async function takenUp(training: TrainingRequest, run: string): Promise<TrainingRequest> {
  const { reporter, signal } = training;
  try {
    const resume = await openResumable(run, { onWait: (text) => reporter.note(text), signal });
    const { threads } = training.config.backend;
    const config = { ...resume.config, backend: { ...resume.config.backend, threads } };
    return { ...training, config, resume: { ...resume, config } };
  } catch (error) {
    if (!(error instanceof BayescnnError) || !['usage', 'data'].includes(error.code)) throw error;
    reporter.note(`${run}: started again, because ${error.message}`);
    await rm(run, { recursive: true, force: true });
    return training;
  }
}
