import path from 'node:path';
import { type Config, configHash } from '../config/index.js';
import type { DataEvents } from '../data/index.js';
import { BayescnnError } from '../errors.js';
import type { Lock } from '../lock/lock.js';
import { SNR_BINS } from '../metrics/index.js';
import { empiricalSigmas, type Model, posteriorWarnings } from '../models/index.js';
import {
  type Checkpoint,
  createRunFolder,
  type Environment,
  environment,
  lockRun,
  type Rollback,
  type RunFolder,
  removeCheckpoint,
  reopenRunFolder,
  saveCheckpoint,
  savePredictions,
} from '../results/index.js';
import { Diverged } from '../train/diverged.js';
import { type TrainContext, type TrainOptions, type TrainOutcome, trainModel } from '../train/loop.js';
import { createOptimizer, type Optimizer } from '../train/optimizer.js';
import type { PosteriorRow } from '../train/posterior-row.js';
import type { TrainReporter } from '../train/reporter.js';
import type { EvaluatedRow } from '../train/row.js';
import { Swag } from '../train/swag.js';
import type { BegunSetUp } from './begin.js';
import { engineBefore, placeOf, pointOf, type Resumable, type ResumePoint } from './resume.js';
import { rollBack } from './rollback.js';
import { engineFacts, engineLine, type Setup, setUp, swagModelOf } from './setup.js';
import { type ModelStart, resolveStart, type StartedFrom, startedFrom, startedModel } from './start.js';

export interface TrainingRequest {
  config: Config;
  /** Where the run folder goes. */
  outDir: string;
  /** Where to go on, from `openResumable`; the config is then that run's. */
  resume?: Resumable | undefined;
  /** Where TensorBoard's event files go, written after each epoch. */
  tensorboard?: string | undefined;
  reporter: TrainReporter;
  dataEvents?: DataEvents;
  signal?: AbortSignal;
  /** The engine and the data of this config, where they were begun before. */
  begun?: BegunSetUp;
}

/** summary.json, and what `train --json` prints. */
export interface Summary {
  /** The run folder. */
  run: string;
  model: string;
  bayesian_layers: string[];
  /** How Bayesian layers are sampled; null where there is none. */
  estimator: string | null;
  /** A learned prior's standard deviations at the end, by parameter; null for a fixed prior. */
  prior_sigma: Record<string, number> | null;
  /** The trained run whose weights this one started from. */
  started_from: StartedFrom | null;
  /** What the screen warned of, at the start and after the epochs. */
  warnings: string[];
  /** The times that it diverged and went back, as in rollbacks.json. */
  rollbacks: readonly Rollback[];
  parameters: number;
  seed: number;
  epochs: number;
  /** Kinds of `train.optimizer`, `train.schedule` and `train.kl` (none without a posterior), and `data.augment`. */
  optimizer: string;
  schedule: string;
  kl_weighting: string;
  augment: readonly string[];
  /** The engine that ended the run; environment.json tells of others before it. */
  engine: string;
  threads: number;
  train_images: number;
  test_images: number;
  /** Training time of all epochs; evaluation excluded. */
  train_seconds: number;
  images_per_second: number;
  /** Seconds from the start of the command, data loading and evaluation included. */
  total_seconds: number;
  final: EvaluatedRow;
  best: { epoch: number; test_accuracy: number; selected_by: string };
  /** What chose the best epoch: the validation images, or nothing (it is then the last). Never the test images. */
  selection: 'validation' | 'none';
  /** The Bayesian layers after the last epoch, as in posterior.jsonl, and the bins of their histograms; null for a CNN. */
  posterior: { log10_snr_bins: typeof SNR_BINS; layers: readonly PosteriorRow[] } | null;
  /** What the test images were used for. */
  test_set_role: string;
  config_hash: string;
}

/**
 * Trains what a config describes and keeps everything in a new run folder.
 * @throws BayescnnError of every kind; files written so far stay, none is half-written
 */
export async function runTraining(request: TrainingRequest): Promise<Summary> {
  const held: Held = { lock: request.resume?.lock };
  try {
    return await trainHeld(request, held);
  } catch (error) {
    throw resumable(error, held.folder);
  } finally {
    await held.lock?.release();
  }
}

/** An interruption that says how this very run goes on. */
function resumable(error: unknown, folder: RunFolder | undefined): unknown {
  if (!(error instanceof BayescnnError) || error.code !== 'interrupted' || folder === undefined) return error;
  const run = path.relative('', folder.path) || '.';
  return new BayescnnError('interrupted', error.message, {
    hint: `go on from there with \`bayescnn train --resume ${run}\``,
    cause: error,
  });
}

/** What a training has of its folder, once it has it. */
interface Held {
  lock?: Lock | undefined;
  folder?: RunFolder;
}

/** One way to the run's end: from its beginning, or from a point that it came to before. */
interface Attempt {
  readonly start: ModelStart;
  readonly point: ResumePoint | undefined;
  /** Whether the run went back to that point. */
  readonly rolledBack: boolean;
}

async function trainHeld(request: TrainingRequest, held: Held): Promise<Summary> {
  const startedAt = new Date();
  const { config, reporter, dataEvents, signal, resume, begun } = request;
  // Before the data: a start that cannot be used should be known at once.
  const start = await startOf(config, resume).catch(async (error) => {
    await begun?.cancel();
    throw error;
  });
  let attempt: Attempt = { start, point: resume, rolledBack: false };
  const setup = await setUp(config, { events: dataEvents, signal }, begun);
  try {
    reporter.note(engineLine(setup.engine));
    for (;;) {
      try {
        return await toTheEnd(request, attempt, setup, held, startedAt);
      } catch (error) {
        if (!(error instanceof Diverged) || held.folder === undefined) throw error;
        const point = await rollBack(held.folder.path, error, config.train.onDivergence, reporter);
        const own = { ...point.config, backend: config.backend };
        attempt = { start: await startOf(own, point), point, rolledBack: true };
      }
    }
  } finally {
    await setup.engine.dispose();
  }
}

async function startOf(config: Config, point: ResumePoint | undefined): Promise<ModelStart> {
  return point?.checkpoint ? { config, weights: null } : resolveStart(config);
}

async function toTheEnd(
  request: TrainingRequest,
  attempt: Attempt,
  setup: Setup,
  held: Held,
  startedAt: Date,
): Promise<Summary> {
  const { start, point, rolledBack } = attempt;
  const { config } = start;
  const { reporter } = request;
  const model = startedModel(start);
  const folder = await folderOf(request, point, held);
  if (!rolledBack) {
    reporter.note(`run folder ${folder.path}${point ? `, going on ${placeOf(point)}` : ''}`);
    noteMove(setup.engine.name, point, reporter);
  }
  const { learningRate: _, ...settings } = config.train.optimizer;
  const optimizer = createOptimizer(model.parameters, settings);
  const swag = swagOf(config, model, setup);
  try {
    if (point) restore(point, model, optimizer, swag);
    else await folder.writeConfig({ ...config, name: folder.name });
    const warnings = posteriorWarnings(model.toTorch(), config.model.posterior.clamp);
    if (!rolledBack) {
      for (const warning of warnings) reporter.warn(warning);
      await writeEnvironment(folder, setup, startedAt, point);
    }
    await track(request, folder);
    const outcome = await train(request, attempt, setup, folder, {
      model,
      optimizer,
      swag,
      lock: held.lock as Lock,
    });
    const all = [...warnings, ...outcome.warnings];
    // Another engine or other threads are not another experiment: the hash is that of the run's config.json.
    const own = { ...config, backend: (request.resume?.config ?? config).backend };
    const summary = summarize(own, setup, folder, model, outcome, startedAt, all, point?.rollbacks ?? []);
    await folder.writeSummary(summary);
    return summary;
  } finally {
    swag?.dispose();
    optimizer.dispose();
    model.dispose();
  }
}

/** A new run's folder, or that of a run that goes on; this process alone has it. */
async function folderOf(
  { outDir, config }: TrainingRequest,
  point: ResumePoint | undefined,
  held: Held,
): Promise<RunFolder> {
  held.folder = point
    ? await reopenRunFolder(point.path, pointOf(point))
    : await createRunFolder(outDir, config.name);
  // A new folder is nobody else's yet: without config.json it is no run.
  held.lock ??= await lockRun(held.folder.path);
  return held.folder;
}

/** Brings the run's event file up to date, where one is asked for. */
async function track({ tensorboard }: TrainingRequest, folder: RunFolder): Promise<void> {
  if (tensorboard === undefined) return;
  const { exportTensorboard } = await import('./trackers/tensorboard.js');
  await exportTensorboard(folder.path, tensorboard);
}

/** Says that a run goes on on another engine than it was left on. */
function noteMove(engine: string, point: ResumePoint | undefined, reporter: TrainReporter): void {
  const before = point && engineBefore(point);
  if (before === undefined || before === engine) return;
  reporter.note(`moved from engine ${before} to ${engine}: same random numbers, other rounding`);
}

/** environment.json tells where the run began; each later start is added to its list `resumed`. */
async function writeEnvironment(
  folder: RunFolder,
  { engine, dataset }: Setup,
  startedAt: Date,
  resume: ResumePoint | undefined,
): Promise<void> {
  const here = await environment({ engine: engineFacts(engine), dataset, startedAt });
  if (!resume?.environment) return folder.writeEnvironment(here);
  const earlier = (resume.environment.resumed as unknown[] | undefined) ?? [];
  const resumed = [...earlier, { after_epoch: resume.epoch, after_step: resume.step, ...here }];
  await folder.writeEnvironment({ ...resume.environment, resumed } as unknown as Environment);
}

/** What collects the run's weights; undefined where its config asks for none. */
function swagOf(config: Config, model: Model, { plan, train }: Setup): Swag | undefined {
  const { swag, batchSize } = config.train;
  if (swag === null) return undefined;
  const { seed, data } = config;
  const source = { images: train, indices: plan.train, augment: data.augment, seed };
  return new Swag(model, swag, Math.ceil(plan.train.length / batchSize), () => swagModelOf(config), source);
}

function restore(
  { checkpoint, step }: ResumePoint,
  model: Model,
  optimizer: Optimizer,
  swag: Swag | undefined,
): void {
  if (checkpoint === null) return;
  model.fromTorch(checkpoint.weights);
  swag?.restore(checkpoint.swag, checkpoint.counters.swag_models);
  optimizer.restore(checkpoint.optimizer, step);
}

function optionsOf({ start: { config }, point }: Attempt): TrainOptions {
  const { epochs, batchSize, optimizer, schedule, kl, printEvery, checkpoint } = config.train;
  return {
    epochs,
    batchSize,
    learningRate: optimizer.learningRate,
    schedule,
    kl: config.model.bayesian === 'none' ? { kind: 'constant', weight: 0 } : kl,
    augment: config.data.augment,
    printEvery,
    checkpoint,
    seed: config.seed,
    evaluation: config.eval,
    rateFactor: point?.rollbacks.at(-1)?.rate_factor ?? 1,
    ...(point && { from: point }),
  };
}

function train(
  request: TrainingRequest,
  attempt: Attempt,
  { dataset, plan, train, test }: Setup,
  folder: RunFolder,
  { model, optimizer, swag, lock }: Pick<TrainContext, 'model' | 'optimizer' | 'swag'> & { lock: Lock },
): Promise<TrainOutcome> {
  const { reporter, signal } = request;
  const { config } = attempt.start;
  const rollbacks = attempt.point?.rollbacks.length ?? 0;
  const checkpointAt = (epoch: number, step: number): Checkpoint => ({
    weights: model.toTorch(),
    optimizer: optimizer.toTorch(),
    ...(swag && { swag: swag.toTorch() }),
    counters: {
      epoch,
      step,
      seed: config.seed,
      ...(swag && { swag_models: swag.collected }),
    },
    meta: { model: config.model, parameters: model.parameterCount },
  });
  return trainModel(optionsOf(attempt), {
    model,
    optimizer,
    swag,
    data: { train, test, plan },
    reporter,
    signal,
    onLossPrint: (print) => folder.appendLoss(print),
    onEpochEnd: async (row, improved, images, posterior) => {
      lock.check();
      // `last` is what a resumed run starts from, so it comes after all that belongs to its epoch.
      await folder.appendMetrics(row);
      await folder.appendPosterior(posterior);
      await folder.syncLosses();
      const checkpoint = checkpointAt(row.epoch, row.step);
      if (improved && images) {
        const { epoch, samples } = row as EvaluatedRow;
        const facts = { checkpoint: 'best', epoch, samples, split: 'test', dataset: dataset.sha256 } as const;
        await savePredictions(folder.path, { ...images, ...facts, indices: plan.test });
      }
      if (improved) await saveCheckpoint(folder.path, 'best', checkpoint);
      await saveCheckpoint(folder.path, 'last', checkpoint);
      await removeCheckpoint(folder.path, 'step');
      await track(request, folder);
    },
    onCheckpoint: async (progress, step) => {
      lock.check();
      await folder.syncLosses();
      const checkpoint = checkpointAt(progress.epoch - 1, step);
      const counters = { ...checkpoint.counters, ...(rollbacks > 0 && { rollbacks }) };
      await saveCheckpoint(folder.path, 'step', { ...checkpoint, counters, progress });
    },
  });
}

function isLearned({ model: { prior, bayesian } }: Config): boolean {
  return bayesian !== 'none' && prior.kind === 'gaussian' && prior.learned;
}

function summarize(
  config: Config,
  { engine, plan }: Setup,
  folder: RunFolder,
  model: Model,
  { final, best, seconds, images, posterior }: TrainOutcome,
  startedAt: Date,
  warnings: string[],
  rollbacks: readonly Rollback[],
): Summary {
  const selects = plan.validation.length > 0;
  return {
    run: folder.path,
    model: `${config.model.architecture}, bayesian: ${config.model.bayesian}`,
    bayesian_layers: [...model.bayesianLayers],
    estimator: model.bayesianLayers.length > 0 ? config.model.estimator : null,
    prior_sigma: isLearned(config) ? empiricalSigmas(model.toTorch()) : null,
    started_from: startedFrom(config),
    warnings,
    rollbacks,
    parameters: model.parameterCount,
    seed: config.seed,
    epochs: config.train.epochs,
    optimizer: config.train.optimizer.kind,
    schedule: config.train.schedule.kind,
    kl_weighting: config.model.bayesian === 'none' ? 'none' : config.train.kl.kind,
    augment: config.data.augment,
    engine: engine.name,
    threads: engine.threads,
    train_images: plan.train.length,
    test_images: plan.test.length,
    train_seconds: seconds,
    images_per_second: images / seconds,
    total_seconds: (Date.now() - startedAt.getTime()) / 1000,
    final,
    best: {
      epoch: best.epoch,
      test_accuracy: best.test_accuracy,
      selected_by: selects ? 'validation NLL' : 'the last epoch: there is no validation split',
    },
    selection: selects ? 'validation' : 'none',
    posterior: posterior.length === 0 ? null : { log10_snr_bins: SNR_BINS, layers: posterior },
    test_set_role: 'measured after each evaluated epoch; selects nothing',
    config_hash: configHash(config),
  };
}
