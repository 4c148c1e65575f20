import path from 'node:path';
import type { Config } from '../config/index.js';
import { BayescnnError } from '../errors.js';
import { type Model, meansOf, type TorchRecord, withPosterior } from '../models/index.js';
import { loadCheckpoint, openRun } from '../results/index.js';
import { modelOf } from './setup.js';

/** What a new run's weights start from. */
export interface ModelStart {
  /** The config with what its start was resolved to: running it again starts from the same weights. */
  config: Config;
  /** A trained network's weights; null where the start depends on the seed alone. */
  weights: TorchRecord | null;
}

/** The trained network that a posterior started from. */
export interface StartedFrom {
  run: string;
  checkpoint: string;
  /** Of the checkpoint's tensors. */
  sha256: string;
}

type Posterior = Config['model']['posterior'];
type Moped = Extract<Posterior, { kind: 'moped' }>;

/**
 * Finds and reads what a config's model starts from.
 * @throws BayescnnError when a run or its checkpoint cannot be used
 */
export async function resolveStart(config: Config): Promise<ModelStart> {
  const { posterior } = config.model;
  if (posterior.kind !== 'moped') return { config, weights: null };
  const source = await openRun(posterior.run);
  const checkpoint = await loadCheckpoint(source.checkpoint(posterior.checkpoint));
  checkSha256(posterior, checkpoint);
  const resolved: Moped = { ...posterior, run: path.resolve(posterior.run), sha256: checkpoint.sha256 };
  const model = { ...config.model, posterior: resolved };
  return { config: { ...config, model }, weights: checkpoint.weights };
}

function checkSha256({ sha256 }: Moped, checkpoint: { path: string; sha256: string }): void {
  if (sha256 === null || sha256 === checkpoint.sha256) return;
  throw new BayescnnError(
    'data',
    `model.posterior.sha256: ${checkpoint.path} must have the tensors ${sha256}, got ${checkpoint.sha256}`,
    { hint: 'the checkpoint was written again since; set model.posterior.sha256 to null to start from it' },
  );
}

/**
 * The model with its first weights: the seed's, or those of a trained run (MOPED).
 * @throws BayescnnError 'data' when the trained network is another one
 */
export function startedModel({ config, weights }: ModelStart): Model {
  const model = modelOf(config);
  const { posterior } = config.model;
  if (weights === null || posterior.kind !== 'moped') return model;
  try {
    const names = [...model.parameters, ...model.buffers].map(({ name }) => name);
    model.fromTorch(withPosterior(meansOf(weights), names, posterior.delta));
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The trained run that a resolved config starts from; null where there is none. */
export function startedFrom({ model: { posterior } }: Config): StartedFrom | null {
  if (posterior.kind !== 'moped') return null;
  const { run, checkpoint, sha256 } = posterior;
  return { run, checkpoint, sha256: sha256 as string };
}
