import { BayescnnError } from '../errors.js';
import { GaussianPrior } from './distributions/gaussian-prior.js';
import type { Prior, PriorOptions } from './distributions/prior.js';
import { ScaleMixturePrior } from './distributions/scale-mixture-prior.js';
import type { BayesianOptions, Divergence, PosteriorOptions } from './layers/variational.js';
import { type BayesianPart, LeNet } from './lenet.js';
import type { Model } from './model.js';

/** What to build. */
export interface ModelOptions {
  readonly architecture: Architecture;
  readonly bayesian: BayesianPart;
  readonly prior: PriorOptions;
  readonly posterior: PosteriorOptions;
  /** Default `kl`. */
  readonly divergence?: Divergence;
  readonly seed: number;
}

/** Architectures by name: adding one takes a class and a line here. */
const ARCHITECTURES = {
  lenet: (bayesian: BayesianPart, options: BayesianOptions): Model => new LeNet(bayesian, options),
} as const;

export type Architecture = keyof typeof ARCHITECTURES;

/** Names that `createModel` knows. */
export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as Architecture[];

/**
 * Builds a model on the current backend, with weights that depend on the seed alone.
 * @throws BayescnnError 'config' on an unknown architecture or an impossible prior or posterior
 */
export function createModel(options: ModelOptions): Model {
  if (!Object.hasOwn(ARCHITECTURES, options.architecture)) {
    throw new BayescnnError(
      'config',
      `model.architecture: one of ${ARCHITECTURE_NAMES.join(', ')} wanted, got ${options.architecture}`,
      { hint: `try ${ARCHITECTURE_NAMES[0]}` },
    );
  }
  const { bayesian, posterior, divergence = 'kl', seed } = options;
  const prior = createPrior(options.prior);
  return ARCHITECTURES[options.architecture](bayesian, { prior, posterior, divergence, seed });
}

/** @throws BayescnnError 'config' when the numbers make no density */
export function createPrior(options: PriorOptions): Prior {
  return options.kind === 'gaussian'
    ? new GaussianPrior(options.sigma)
    : new ScaleMixturePrior(options.pi, options.sigma1, options.sigma2);
}
