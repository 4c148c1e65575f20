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

/** The trained network that a run started from. */
export interface StartedFrom {
  run: string;
  checkpoint: string;
  /** Of the checkpoint's tensors. */
  sha256: string;
}

type ModelConfig = Config['model'];
type Moped = Extract<ModelConfig['posterior'], { kind: 'moped' }>;
type Trained = Moped | NonNullable<ModelConfig['start']>;

/** The settings that name a trained network, and where they stand. */
function trainedIn({ posterior, start }: ModelConfig): { key: 'posterior' | 'start'; named: Trained } | null {
  if (posterior.kind === 'moped') return { key: 'posterior', named: posterior };
  return start === null ? null : { key: 'start', named: start };
}

/**
 * Finds and reads what a config's model starts from.
 * @throws BayescnnError when a run or its checkpoint cannot be used
 */
export async function resolveStart(config: Config): Promise<ModelStart> {
  const trained = trainedIn(config.model);
  if (trained === null) return { config, weights: null };
  const { key, named } = trained;
  const source = await openRun(named.run);
  const checkpoint = await loadCheckpoint(source.checkpoint(named.checkpoint));
  checkSha256(`model.${key}.sha256`, named, checkpoint);
  const resolved = { ...named, run: path.resolve(named.run), sha256: checkpoint.sha256 };
  const model = { ...config.model, [key]: resolved };
  return { config: { ...config, model }, weights: checkpoint.weights };
}

function checkSha256(
  setting: string,
  { sha256 }: Trained,
  checkpoint: { path: string; sha256: string },
): void {
  if (sha256 === null || sha256 === checkpoint.sha256) return;
  throw new BayescnnError(
    'data',
    `${setting}: ${checkpoint.path} must have the tensors ${sha256}, got ${checkpoint.sha256}`,
    { hint: `the checkpoint was written again since; set ${setting} to null to start from it` },
  );
}

/**
 * The model with its first weights: the seed's, or those of a trained run.
 * @throws BayescnnError 'data' when the trained network is another one
 */
export function startedModel({ config, weights }: ModelStart): Model {
  const model = modelOf(config);
  if (weights === null) return model;
  try {
    model.fromTorch(firstWeights(config.model, weights, model));
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A trained network's weights as a model takes them. */
function firstWeights({ bayesian, posterior }: ModelConfig, weights: TorchRecord, model: Model): TorchRecord {
  if (posterior.kind !== 'moped') return bayesian === 'none' ? meansOf(weights) : weights;
  const names = [...model.parameters, ...model.buffers].map(({ name }) => name);
  return withPosterior(meansOf(weights), names, posterior.delta);
}

/** The trained run that a resolved config starts from; null where there is none. */
export function startedFrom({ model }: Config): StartedFrom | null {
  const trained = trainedIn(model);
  if (trained === null) return null;
  const { run, checkpoint, sha256 } = trained.named;
  return { run, checkpoint, sha256: sha256 as string };
}
