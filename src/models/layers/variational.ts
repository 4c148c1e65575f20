import { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import { gaussianVariational } from '../../ops/gaussian-variational.js';
import type { Clock } from '../../ops/noise.js';
import { sampledKl } from '../../ops/prior-kl.js';
import type { WeightNoise } from '../../ops/weight-noise.js';
import { type StreamKey, streamKey } from '../../rng.js';
import { GaussianPrior } from '../distributions/gaussian-prior.js';
import type { Prior } from '../distributions/prior.js';
import type { Estimator } from '../estimator.js';
import { type Layout, torchShape } from '../layout.js';
import { type NamedVariable, namedVariable } from '../named-variable.js';
import { initialMeans, initialRho, type PosteriorOptions } from './posterior-start.js';

/**
 * The complexity term: `kl` is KL(q || p), closed where there is a closed form, else estimated from a draw;
 * `notebook` is log q(mu) - log p(mu), which is no KL and lets sigma grow (for comparison only).
 */
export type Divergence = 'kl' | 'notebook';

/** What all Bayesian layers of a model share. */
export interface BayesianOptions {
  readonly prior: Prior;
  readonly posterior: PosteriorOptions;
  /** Default `lrt`. */
  readonly estimator?: Estimator;
  readonly divergence: Divergence;
  readonly seed: number;
}

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
    const of = (suffix: string) => ({ size, seed, name: `${name}_${suffix}` });
    this.mu = namedVariable(`${name}_mu`, layout, initialMeans(of('mu'), bound, posterior));
    this.rho = namedVariable(`${name}_rho`, layout, initialRho(of('rho'), posterior));
    this.key = streamKey(seed, `posterior/${name}`);
  }

  /** @throws BayescnnError 'failure' when the KL needs a draw and there is no clock */
  weights(clock?: Clock): VariationalWeights {
    const { prior, posterior, divergence } = this.options;
    const [mu, rho] = [this.mu.variable as tf.Tensor, this.rho.variable as tf.Tensor];
    const gaussian = prior instanceof GaussianPrior;
    const priorSigma = gaussian ? prior.sigma : 1;
    const { variance, kl } = gaussianVariational(mu, rho, { priorSigma, clamp: posterior.clamp });
    return { mu, variance, kl: gaussian && divergence === 'kl' ? kl : this.openKl(mu, rho, clock) };
  }

  /** A draw of these weights takes its noise here: the KL's draw at a clock and the layer's are the same weights. */
  noiseAt(clock: Clock, image?: number): WeightNoise {
    return { clock, key: this.key, ...(image !== undefined && { image }) };
  }

  private openKl(mu: tf.Tensor, rho: tf.Tensor, clock: Clock | undefined): tf.Scalar {
    const { prior, divergence } = this.options;
    if (divergence === 'notebook') {
      if (prior.density !== undefined) return sampledKl(mu, rho, prior.density, 'mean');
      throw new BayescnnError(
        'config',
        `${this.name}: the notebook's divergence needs a prior with a density, got a learned one`,
        { hint: 'set model.prior.learned to false, or model.divergence to "kl"' },
      );
    }
    return prior.kl(mu, rho, () => {
      if (clock !== undefined) return this.noiseAt(clock);
      throw new BayescnnError(
        'failure',
        `${this.name}: this prior's KL is drawn and needs a clock, got none`,
        {
          hint: 'pass the clock to model.weights',
        },
      );
    });
  }
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
