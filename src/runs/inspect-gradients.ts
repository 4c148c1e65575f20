import type { Config } from '../config/index.js';
import { type DataEvents, epochBatches } from '../data/index.js';
import { BayescnnError } from '../errors.js';
import { ESTIMATORS, type Estimator } from '../models/index.js';
import { streamKey } from '../rng.js';
import { gradientStatistics, type LayerGradients } from '../train/gradients.js';
import type { TrainReporter } from '../train/reporter.js';
import { engineLine, setUp } from './setup.js';
import { resolveStart, startedModel } from './start.js';

export interface GradientRequest {
  config: Config;
  /** Default: all. */
  estimators?: readonly string[] | undefined;
  /** Draws on the one batch. */
  repeats: number;
  reporter: TrainReporter;
  dataEvents?: DataEvents;
  signal?: AbortSignal;
}

/** What `inspect gradients --json` prints. */
export interface GradientReport {
  /** Images of the one batch: the first of the first epoch. */
  batch: number;
  repeats: number;
  engine: string;
  estimators: { estimator: Estimator; seconds: number; layers: LayerGradients[] }[];
}

/**
 * Measures the loss's gradient on one batch at a config's first weights, over draws of each estimator's noise.
 * @throws BayescnnError 'config' for a model without Bayesian layers, 'usage' for an unknown estimator
 */
export async function inspectGradients(request: GradientRequest): Promise<GradientReport> {
  const estimators = estimatorsOf(request);
  const { reporter, dataEvents, signal, repeats } = request;
  const { config, weights } = await resolveStart(request.config);
  const setup = await setUp(config, { events: dataEvents, signal });
  reporter.note(engineLine(setup.engine));
  try {
    const { batchSize, kl } = config.train;
    const key = streamKey(config.seed, 'shuffle');
    const [indices] = epochBatches(setup.plan.train, batchSize, key, 1);
    const options = { indices, repeats, klScale: plateau(kl) / setup.plan.train.length, signal };
    const measured = [];
    for (const estimator of estimators) {
      const model = startedModel({ config: { ...config, model: { ...config.model, estimator } }, weights });
      const started = performance.now();
      const layers = gradientStatistics(model, setup.train, options);
      model.dispose();
      measured.push({ estimator, seconds: (performance.now() - started) / 1000, layers });
      reporter.note(`${estimator}: ${repeats} gradients of ${indices.length} images`);
    }
    return { batch: indices.length, repeats, engine: setup.engine.name, estimators: measured };
  } finally {
    await setup.engine.dispose();
  }
}

function estimatorsOf({ config, estimators }: GradientRequest): readonly Estimator[] {
  if (config.model.bayesian === 'none') {
    throw new BayescnnError('config', 'model.bayesian: Bayesian layers wanted, got "none"', {
      hint: 'for example --set model.bayesian=all',
    });
  }
  const unknown = estimators?.find((name) => !ESTIMATORS.includes(name as Estimator));
  if (unknown !== undefined) {
    throw new BayescnnError('usage', `--estimators: some of ${ESTIMATORS.join(', ')}, got ${unknown}`, {
      hint: 'for example --estimators lrt,flipout',
    });
  }
  return (estimators as Estimator[] | undefined) ?? ESTIMATORS;
}

/** A schedule's weight once it has risen, or its mean over an epoch. */
function plateau(kl: Config['train']['kl']): number {
  return kl.kind === 'tempered' ? kl.temperature : kl.weight;
}
