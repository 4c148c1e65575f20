import { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import { gaussianVariational } from '../../ops/gaussian-variational.js';
import type { Clock } from '../../ops/noise.js';
import { type StreamKey, streamKey } from '../../rng.js';
import { GaussianPosterior, sampledKl } from '../distributions/gaussian-posterior.js';
import { GaussianPrior } from '../distributions/gaussian-prior.js';
import type { Prior } from '../distributions/prior.js';
import { normalInit, rhoOf, uniformInit } from '../initialize.js';
import { type Layout, torchShape } from '../layout.js';
import { type NamedVariable, namedVariable } from '../named-variable.js';

/** How the posterior starts, and its clamp. */
export interface PosteriorOptions {
  /** First standard deviation of every weight. */
  readonly sigma: number;
  /** The notebook's floor of sigma^2 and x^2; 0 is none. */
  readonly clamp: number;
  /** Means: PyTorch's default U(-1/sqrt(fan_in), 1/sqrt(fan_in)), or the notebook's N(0, 0.1). */
  readonly meanInit: 'uniform' | 'normal';
  /** The notebook's rho ~ U(low, high) in place of the constant `sigma`. */
  readonly rhoRange?: readonly [number, number] | undefined;
}

/**
 * The complexity term: `kl` is KL(q || p), closed where both are Gaussian, else estimated from a draw;
 * `notebook` is log q(mu) - log p(mu), which is no KL and lets sigma grow (for comparison only).
 */
export type Divergence = 'kl' | 'notebook';

/** What all Bayesian layers of a model share. */
export interface BayesianOptions {
  readonly prior: Prior;
  readonly posterior: PosteriorOptions;
  readonly divergence: Divergence;
  readonly seed: number;
}

/** The standard deviation of the notebook's initial means. */
const NOTEBOOK_MEAN_STD = 0.1;

/** Mean and variance of one variational tensor, and its complexity term. */
export interface VariationalWeights {
  readonly mu: tf.Tensor;
  readonly variance: tf.Tensor;
  readonly kl: tf.Scalar;
}

/** The pair `<name>_mu`, `<name>_rho` behind one weight or bias. */
export class VariationalParameter {
  readonly mu: NamedVariable;
  readonly rho: NamedVariable;
  private readonly key: StreamKey;

  /** @param name e.g. `conv1.weight` @param bound of the uniform initial means */
  constructor(
    private readonly name: string,
    layout: Layout,
    bound: number,
    private readonly options: BayesianOptions,
  ) {
    const { posterior, seed } = options;
    const size = torchShape(layout).reduce((product, length) => product * length, 1);
    const means =
      posterior.meanInit === 'normal'
        ? normalInit(size, seed, `${name}_mu`, NOTEBOOK_MEAN_STD)
        : uniformInit(size, seed, `${name}_mu`, -bound, bound);
    this.mu = namedVariable(`${name}_mu`, layout, means);
    this.rho = namedVariable(`${name}_rho`, layout, initialRho(size, seed, `${name}_rho`, posterior));
    this.key = streamKey(seed, `posterior/${name}`);
  }

  /** @throws BayescnnError 'failure' when the KL needs a draw and there is no clock */
  weights(clock?: Clock): VariationalWeights {
    const { prior, posterior, divergence } = this.options;
    const [mu, rho] = [this.mu.variable as tf.Tensor, this.rho.variable as tf.Tensor];
    const closed = prior instanceof GaussianPrior && divergence === 'kl';
    const priorSigma = prior instanceof GaussianPrior ? prior.sigma : 1;
    const { variance, kl } = gaussianVariational(mu, rho, { priorSigma, clamp: posterior.clamp });
    return { mu, variance, kl: closed ? kl : this.openKl(mu, rho, clock) };
  }

  private openKl(mu: tf.Tensor, rho: tf.Tensor, clock: Clock | undefined): tf.Scalar {
    const { prior, divergence } = this.options;
    const posterior = new GaussianPosterior(mu, rho);
    if (divergence === 'notebook') return tf.sub(posterior.logProb(mu), prior.logProb(mu));
    if (clock === undefined) {
      throw new BayescnnError(
        'failure',
        `${this.name}: this prior's KL is drawn and needs a clock, got none`,
        {
          hint: 'pass the clock to model.weights',
        },
      );
    }
    return sampledKl(posterior, prior, clock, this.key);
  }
}

function initialRho(size: number, seed: number, name: string, posterior: PosteriorOptions): Float32Array {
  if (posterior.rhoRange !== undefined) return uniformInit(size, seed, name, ...posterior.rhoRange);
  if (!(posterior.sigma > 0 && Number.isFinite(posterior.sigma))) {
    throw new BayescnnError('config', `${name}: posterior sigma must be positive, got ${posterior.sigma}`, {
      hint: 'try 0.05 or 0.02',
    });
  }
  return new Float32Array(size).fill(rhoOf(posterior.sigma));
}

/** Weight and bias of one Bayesian layer, in the form that the LRT ops take. */
export interface BayesianWeights<R extends tf.Rank> {
  readonly mu: tf.Tensor<R>;
  readonly variance: tf.Tensor<R>;
  readonly biasMu: tf.Tensor1D | undefined;
  readonly biasVariance: tf.Tensor1D | undefined;
  readonly kl: tf.Scalar;
}

/** Joins a layer's weight and bias; their complexity terms add. */
export function joinWeights<R extends tf.Rank>(
  weight: VariationalParameter,
  bias: VariationalParameter | undefined,
  clock?: Clock,
): BayesianWeights<R> {
  const of = weight.weights(clock);
  const ofBias = bias?.weights(clock);
  return {
    mu: of.mu as tf.Tensor<R>,
    variance: of.variance as tf.Tensor<R>,
    biasMu: ofBias?.mu as tf.Tensor1D | undefined,
    biasVariance: ofBias?.variance as tf.Tensor1D | undefined,
    kl: ofBias === undefined ? of.kl : tf.add(of.kl, ofBias.kl),
  };
}
