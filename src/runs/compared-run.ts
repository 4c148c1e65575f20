import path from 'node:path';
import { type Config, parseConfig } from '../config/index.js';
import { type ComparedRun, flatten } from '../report/index.js';
import { loadPredictions, type OpenedRun, openRun, type RunPredictions } from '../results/index.js';
import { evaluateTestImages, type PredictionsRequest } from './predictions.js';

/** A run with what a comparison reads of it. */
export interface LoadedRun extends ComparedRun {
  readonly path: string;
  readonly config: Config;
  readonly predicted: RunPredictions;
  /** Its resolved config without name and notes, flat. */
  readonly settings: ReadonlyMap<string, string>;
  /** Facts of environment.json that may change results or times, flat. */
  readonly environment: ReadonlyMap<string, string>;
}

const ENVIRONMENT = ['version', 'node', 'arch', 'cpu', 'cores', 'engine'] as const;

/**
 * Opens a run for comparison. Its test predictions are those that training kept of the best checkpoint; where
 * there are none (older runs), or with another number of samples, they are made now, and that is noted.
 * @throws BayescnnError when the run, its data or its checkpoint cannot be used
 */
export async function loadRun(folder: string, request: PredictionsRequest): Promise<LoadedRun> {
  const run = await openRun(folder);
  const config = parseConfig(run.config, `${run.path}/config.json`);
  const predicted = await predictionsOf(run, config, request);
  const { name: _name, notes: _notes, ...settings } = config;
  const environment = ENVIRONMENT.map((key) => [key, run.environment?.[key] ?? null]);
  return {
    name: path.basename(run.path),
    path: run.path,
    config,
    seed: config.seed,
    predicted,
    dataset: predicted.dataset,
    settings: flatten({ ...settings, ...(run.derived && { made_by: run.derived.settings }) }),
    environment: flatten(Object.fromEntries(environment)),
    cost: {
      samples: predicted.samples,
      parameters: numberIn(run, 'parameters'),
      train_seconds: numberIn(run, 'train_seconds'),
      images_per_second: numberIn(run, 'images_per_second'),
    },
  };
}

async function predictionsOf(
  run: OpenedRun,
  config: Config,
  request: PredictionsRequest,
): Promise<RunPredictions> {
  const kept = await loadPredictions(run.path);
  const { samples } = request;
  // Of an ensemble `samples` are those of each member, and what it keeps are those of all.
  const same = samples === kept?.samples && run.derived?.members === undefined;
  const drawn = isBayesian(config) || run.derived !== null;
  const usable = kept !== null && (samples === undefined || same || !drawn);
  if (usable) return kept;
  const why = kept === null ? 'it keeps no predictions' : `it keeps those of ${kept.samples} samples`;
  request.reporter.note(`${run.name}: evaluating the best checkpoint now, because ${why}`);
  return (await evaluateTestImages(run, request)).predictions;
}

/** Whether a config's model has a posterior, or an approximation of one. */
export function isBayesian({ model: { bayesian, dropout }, train: { swag } }: Config): boolean {
  return bayesian !== 'none' || (swag !== null && swag.scale > 0) || (dropout.rate > 0 && dropout.sampled);
}

/** A figure of summary.json; null when the run has not ended. */
function numberIn(run: OpenedRun, key: string): number | null {
  const value = run.summary?.[key];
  return typeof value === 'number' ? value : null;
}
