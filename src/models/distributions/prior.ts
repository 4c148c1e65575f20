import type { tf } from '../../backends/tfjs.js';

/** A density over weights, factorised over their elements. */
export interface Prior {
  /** log p(w) summed over w's elements, nats; differentiable. */
  logProb(w: tf.Tensor): tf.Scalar;
}

/** Which prior, as plain data. */
export type PriorOptions =
  | { readonly kind: 'gaussian'; readonly sigma: number }
  | { readonly kind: 'scale-mixture'; readonly pi: number; readonly sigma1: number; readonly sigma2: number };

/** log sqrt(2 pi) */
export const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
