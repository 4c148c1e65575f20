import { type ActiveEngine, selectEngine } from '../backends/select.js';
import { type Config, parseConfig } from '../config/index.js';
import { BayescnnError } from '../errors.js';
import type { Model } from '../models/index.js';
import {
  type LoadedCheckpoint,
  loadCheckpoint,
  memberFolder,
  type OpenedRun,
  openRun,
} from '../results/index.js';
import { type Classifier, classifierOf } from '../train/classifier.js';
import { Ensemble } from '../train/ensemble.js';
import { laplaceClassifier } from '../train/laplace-classifier.js';
import { swagWeights } from '../train/swag.js';
import { tempered } from '../train/tempered.js';
import { checkSameModel } from './same-model.js';
import { modelOf, swagModelOf } from './setup.js';

export interface StoredModelRequest {
  /** Run folder. */
  run: string;
  /** `best`, `last` or a file. */
  checkpoint: string;
  /** Each default: the run's. */
  backend?: Config['backend']['kind'] | undefined;
  threads?: number | undefined;
  samples?: number | undefined;
  archive?: string | undefined;
  sha256?: string | undefined;
}

/** A run's config, with what the request sets in its place, and a checkpoint of it. */
export interface OpenedModel {
  run: OpenedRun;
  config: Config;
  /** null: an ensemble, which has `members` in its place. */
  checkpoint: LoadedCheckpoint | null;
  members: readonly OpenedModel[];
  /** The checkpoint's file; of an ensemble the folder. */
  checkpointPath: string;
  /** The checkpoint's epoch; of an ensemble the latest. */
  epoch: number;
}

/** A run's networks on an engine. */
export interface StoredModel extends OpenedModel {
  engine: ActiveEngine;
  /** What the run predicts with. */
  classifier: Classifier;
  /** The same before its temperature, where it has one. */
  untempered: Classifier;
  /** The one network of the checkpoint; an ensemble has several. */
  models: readonly Model[];
}

/**
 * Opens a run and reads a checkpoint.
 * @throws BayescnnError when the run or its checkpoint cannot be used
 */
export async function openModel(request: StoredModelRequest): Promise<OpenedModel> {
  const run = await openRun(request.run);
  const config = overridden(parseConfig(run.config, `${run.path}/config.json`), request);
  const count = run.derived?.members;
  if (count !== undefined) return openEnsemble(run, config, count, request);
  const checkpoint = await loadCheckpoint(run.checkpoint(request.checkpoint));
  checkSameModel(config, checkpoint);
  const epoch = checkpoint.counters.epoch ?? 0;
  return { run, config, checkpoint, members: [], checkpointPath: checkpoint.path, epoch };
}

async function openEnsemble(
  run: OpenedRun,
  config: Config,
  count: number,
  { checkpoint }: StoredModelRequest,
): Promise<OpenedModel> {
  if (checkpoint !== 'best')
    throw new BayescnnError('usage', `--checkpoint: an ensemble has its members' best, got ${checkpoint}`, {
      hint: 'make another ensemble, with --checkpoint, of the runs that you want',
    });
  const members: OpenedModel[] = [];
  for (let member = 0; member < count; member++)
    members.push(await openModel({ run: memberFolder(run.path, member), checkpoint: 'best' }));
  const epoch = Math.max(...members.map((member) => member.epoch));
  return { run, config, checkpoint: null, members, checkpointPath: run.path, epoch };
}

function overridden(config: Config, request: StoredModelRequest): Config {
  const { data, eval: evaluation, backend } = config;
  const { archive = data.archive, sha256 = data.sha256 } = request;
  const { samples = evaluation.samples, backend: kind = backend.kind, threads = backend.threads } = request;
  return {
    ...config,
    data: { ...data, archive, sha256 },
    eval: { ...evaluation, samples },
    backend: { ...backend, kind, threads },
  };
}

/** The classifier of an opened run before its own temperature; the networks that it makes are added to `models`. */
function untemperedOf({ config, checkpoint, members }: OpenedModel, models: Model[]): Classifier {
  if (checkpoint === null)
    return new Ensemble(
      members.map((member) => ({ classifier: finished(member, models), epoch: member.epoch })),
    );
  const { swag } = config.train;
  const collected = checkpoint.counters.swag_models ?? 0;
  const averaged = swag !== null && collected > 0;
  const model = averaged ? swagModelOf(config) : modelOf(config);
  models.push(model);
  if (averaged) checkSettled(model, checkpoint);
  model.fromTorch(averaged ? swagWeights(checkpoint.swag, collected, swag.scale) : checkpoint.weights);
  const factor = checkpoint.laplace.precision_cholesky;
  return factor === undefined ? classifierOf(model) : laplaceClassifier(model, factor.data, config.seed);
}

/** A mean of weights has its batch-norm statistics at the end of an epoch. */
function checkSettled(model: Model, { path, swag }: LoadedCheckpoint): void {
  if (model.buffers.every(({ name }) => name in swag)) return;
  throw new BayescnnError(
    'data',
    `${path}: the mean of its weights must have batch-norm statistics, got none: it is of a moment inside an epoch`,
    { hint: 'use --checkpoint best or last, or go on with train --resume' },
  );
}

function finished(opened: OpenedModel, models: Model[]): Classifier {
  return tempered(untemperedOf(opened, models), opened.run.derived?.temperature ?? 1);
}

/** Makes the opened model on a started engine, gives it to `use`, and frees both. */
export async function withModel<T>(
  opened: OpenedModel,
  engine: ActiveEngine,
  use: (stored: StoredModel) => Promise<T>,
): Promise<T> {
  const models: Model[] = [];
  try {
    const untempered = untemperedOf(opened, models);
    const classifier = tempered(untempered, opened.run.derived?.temperature ?? 1);
    return await use({ ...opened, engine, classifier, untempered, models });
  } finally {
    for (const model of models) model.dispose();
    await engine.dispose();
  }
}

/**
 * Loads a run's model without its data, gives it to `use`, and frees it.
 * @throws BayescnnError when the run or its checkpoint cannot be used
 */
export async function withStoredModel<T>(
  request: StoredModelRequest,
  use: (stored: StoredModel) => Promise<T>,
): Promise<T> {
  const opened = await openModel(request);
  return withModel(opened, await selectEngine(opened.config.backend), use);
}
