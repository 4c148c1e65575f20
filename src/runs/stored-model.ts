import { type ActiveEngine, selectEngine } from '../backends/select.js';
import { type Config, parseConfig } from '../config/index.js';
import type { Model } from '../models/index.js';
import { type LoadedCheckpoint, loadCheckpoint, type OpenedRun, openRun } from '../results/index.js';
import { modelOf } from './setup.js';

export interface StoredModelRequest {
  /** Run folder. */
  run: string;
  /** `best`, `last` or a file. */
  checkpoint: string;
  backend?: Config['backend']['kind'] | undefined;
  threads?: number | undefined;
}

/** A run's model on an engine, without its data. */
export interface StoredModel {
  run: OpenedRun;
  config: Config;
  checkpoint: LoadedCheckpoint;
  engine: ActiveEngine;
  model: Model;
}

/**
 * Loads a run's model, gives it to `use`, and frees it.
 * @throws BayescnnError when the run or its checkpoint cannot be used
 */
export async function withStoredModel<T>(
  request: StoredModelRequest,
  use: (stored: StoredModel) => Promise<T>,
): Promise<T> {
  const run = await openRun(request.run);
  const config = parseConfig(run.config, `${run.path}/config.json`);
  const checkpoint = await loadCheckpoint(run.checkpoint(request.checkpoint));
  const kind = request.backend ?? config.backend.kind;
  const engine = await selectEngine({
    ...config.backend,
    kind,
    threads: request.threads ?? config.backend.threads,
  });
  try {
    const model = modelOf(config);
    try {
      model.fromTorch(checkpoint.weights);
      return await use({ run, config, checkpoint, engine, model });
    } finally {
      model.dispose();
    }
  } finally {
    await engine.dispose();
  }
}
