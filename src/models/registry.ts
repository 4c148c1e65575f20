import { BayescnnError } from '../errors.js';
import {
  ARCHITECTURE_NAMES,
  type Architecture,
  type BayesianPart,
  bayesianLayers,
  type DroppedPart,
  droppedLayers,
  NETWORKS,
} from './architectures.js';
import { GaussianPrior } from './distributions/gaussian-prior.js';
import { LaplacePrior } from './distributions/laplace-prior.js';
import { LearnedGaussianPrior } from './distributions/learned-gaussian-prior.js';
import type { Prior, PriorOptions } from './distributions/prior.js';
import { ScaleMixturePrior } from './distributions/scale-mixture-prior.js';
import type { Estimator } from './estimator.js';
import { FeedForward } from './feed-forward.js';
import type { PosteriorOptions } from './layers/posterior-start.js';
import type { Divergence } from './layers/variational.js';

import type { Model } from './model.js';
import { type ActivationName, withActivation } from './networks/network.js';

/** What to build. */
export interface ModelOptions {
  readonly architecture: Architecture;
  /** Default `relu`. */
  readonly activation?: ActivationName;
  readonly bayesian: BayesianPart;
  /** Default `lrt`. */
  readonly estimator?: Estimator;
  readonly prior: PriorOptions;
  readonly posterior: PosteriorOptions;
  /** Default `kl`. */
  readonly divergence?: Divergence;
  /** Default: none. */
  readonly dropout?: { readonly rate: number; readonly layers: DroppedPart; readonly sampled: boolean };
  readonly seed: number;
}

/**
 * Builds a model on the current backend, with weights that depend on the seed alone.
 * @throws BayescnnError 'config' on an unknown architecture or layer, or an impossible prior or posterior
 */
export function createModel(options: ModelOptions): Model {
  if (!Object.hasOwn(NETWORKS, options.architecture)) {
    throw new BayescnnError(
      'config',
      `model.architecture: one of ${ARCHITECTURE_NAMES.join(', ')} wanted, got ${options.architecture}`,
      { hint: `try ${ARCHITECTURE_NAMES[0]}` },
    );
  }
  const { architecture, posterior, estimator = 'lrt', divergence = 'kl', seed } = options;
  const layers = bayesianLayers(architecture, options.bayesian);
  const prior = createPrior(options.prior);
  const bayesian = { prior, posterior, estimator, divergence, seed };
  const { rate, layers: part, sampled } = options.dropout ?? { rate: 0, layers: [], sampled: false };
  const dropout = { rate, layers: droppedLayers(architecture, part), sampled };
  const network = withActivation(NETWORKS[architecture], options.activation ?? 'relu');
  return new FeedForward(architecture, network, layers, bayesian, dropout);
}

/** @throws BayescnnError 'config' when the numbers make no density */
export function createPrior(options: PriorOptions): Prior {
  switch (options.kind) {
    case 'gaussian':
      return options.learned === true ? new LearnedGaussianPrior() : new GaussianPrior(options.sigma);
    case 'scale-mixture':
      return new ScaleMixturePrior(options.pi, options.sigma1, options.sigma2);
    case 'laplace':
      return new LaplacePrior(options.scale);
  }
}
