import { type ActiveEngine, selectEngine } from '../backends/select.js';
import { type Config, parseConfig } from '../config/index.js';
import type { Model } from '../models/index.js';
import { type LoadedCheckpoint, loadCheckpoint, type OpenedRun, openRun } from '../results/index.js';
import { checkSameModel } from './same-model.js';
import { modelOf } from './setup.js';

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
  checkpoint: LoadedCheckpoint;
}

/** A run's model on an engine. */
export interface StoredModel extends OpenedModel {
  engine: ActiveEngine;
  model: Model;
}

/**
 * Opens a run and reads a checkpoint.
 * @throws BayescnnError when the run or its checkpoint cannot be used
 */
export async function openModel(request: StoredModelRequest): Promise<OpenedModel> {
  const run = await openRun(request.run);
  const config = parseConfig(run.config, `${run.path}/config.json`);
  const checkpoint = await loadCheckpoint(run.checkpoint(request.checkpoint));
  checkSameModel(config, checkpoint);
  return { run, config: overridden(config, request), checkpoint };
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

/** Makes the opened model on a started engine, gives it to `use`, and frees both. */
export async function withModel<T>(
  opened: OpenedModel,
  engine: ActiveEngine,
  use: (stored: StoredModel) => Promise<T>,
): Promise<T> {
  try {
    const model = modelOf(opened.config);
    try {
      model.fromTorch(opened.checkpoint.weights);
      return await use({ ...opened, engine, model });
    } finally {
      model.dispose();
    }
  } finally {
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
