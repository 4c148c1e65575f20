import { type ActiveEngine, selectEngine } from '../backends/select.js';
import type { Config } from '../config/index.js';
import { type DataEvents, type Dataset, loadDataset, planSplits, type SplitPlan } from '../data/index.js';
import { createModel, type Model, type PosteriorOptions } from '../models/index.js';
import type { RunFacts } from '../results/index.js';
import type { LabelledSource } from '../train/step.js';
import { type BegunSetUp, beginSetUp } from './begin.js';

/** An engine with a config's data in it. */
export interface Setup {
  engine: ActiveEngine;
  dataset: Dataset;
  plan: SplitPlan;
  train: LabelledSource;
  test: LabelledSource;
}

/** The model that a config describes, whose weights are the seed's or still to be loaded. */
export function modelOf(config: Config): Model {
  return createModel({ ...config.model, posterior: posteriorOf(config.model), seed: config.seed });
}

/**
 * The network that SWAG's collected weights make: with a posterior over all its weights, of which a sample is one draw, or where
 * only their mean is wanted the config's own.
 */
export function swagModelOf(config: Config): Model {
  if (config.train.swag?.scale === 0) return modelOf(config);
  const posterior = { kind: 'constant', sigma: 1, clamp: 0, meanInit: 'uniform' } as const;
  const bayesian = { bayesian: 'all', estimator: 'weight-sampling', divergence: 'kl', posterior } as const;
  return createModel({ ...config.model, ...bayesian, seed: config.seed });
}

/** A posterior that starts from a run has its weights loaded in any case: what stands there before does not matter. */
function posteriorOf({ posterior }: Config['model']): PosteriorOptions {
  if (posterior.kind !== 'moped') return posterior;
  return { kind: 'constant', sigma: 1, clamp: posterior.clamp, meanInit: 'uniform' };
}

/**
 * Starts the engine and loads the data (into the engine's own memory, where it has one), both at a time where they can.
 * @param begun the same, where it was begun before
 */
export async function setUp(
  config: Config,
  extras: { events?: DataEvents | undefined; signal?: AbortSignal | undefined },
  begun = beginSetUp(config, extras.signal),
): Promise<Setup> {
  let engine: ActiveEngine | undefined;
  try {
    engine = await selectEngine(config.backend, begun.engine);
    return { engine, ...(await dataOf(config, extras, begun, engine)) };
  } catch (error) {
    await engine?.dispose();
    await begun.cancel();
    throw error;
  }
}

async function dataOf(
  { data, seed }: Config,
  { events, signal }: { events?: DataEvents | undefined; signal?: AbortSignal | undefined },
  begun: BegunSetUp,
  { allocate }: ActiveEngine,
): Promise<Omit<Setup, 'engine'>> {
  const { source, archive, sha256, subset, validation, normalize } = data;
  const dataset = await loadDataset(
    { source, archive, sha256 },
    {
      ready: begun.data,
      ...(events && { events }),
      ...(signal && { signal }),
      ...(allocate && { allocate }),
    },
  );
  const plan = planSplits(dataset, { subset, validation, seed });
  const [mean, std] = [normalize.mean, normalize.std];
  return { dataset, plan, train: { ...dataset.train, mean, std }, test: { ...dataset.test, mean, std } };
}

/** What results keep of an engine, in environment.json. */
export function engineFacts({ name, reason, device, threads, relaxed }: ActiveEngine): RunFacts['engine'] {
  return { name, why: reason, device, threads, relaxed };
}

/** One line on what runs, for the screen. */
export function engineLine(engine: ActiveEngine): string {
  const threads = engine.threads === 1 ? '1 thread' : `${engine.threads} threads`;
  return `engine ${engine.name} (${threads}${engine.relaxed ? ', relaxed arithmetic' : ''}): ${engine.reason}`;
}
