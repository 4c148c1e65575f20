import type { tf } from '../../backends/tfjs.js';
import type { Density } from '../../ops/log-density.js';
import type { WeightNoise } from '../../ops/weight-noise.js';

/** A prior over weights, factorised over their elements. */
export interface Prior {
  /** Its density; undefined where the prior is learned together with the posterior. */
  readonly density: Density | undefined;
  /**
   * KL(q || p) of q = N(mu, softplus(rho)^2), nats, summed over the elements; differentiable.
   * @param noise called by priors whose KL is estimated from one draw
   */
  kl(mu: tf.Tensor, rho: tf.Tensor, noise: () => WeightNoise): tf.Scalar;
}

/** Which prior, as plain data. */
export type PriorOptions =
  | { readonly kind: 'gaussian'; readonly sigma: number; readonly learned?: boolean }
  | { readonly kind: 'scale-mixture'; readonly pi: number; readonly sigma1: number; readonly sigma2: number }
  | { readonly kind: 'laplace'; readonly scale: number };
