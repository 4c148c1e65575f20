import { tf } from '../backends/tfjs.js';

/** Below this a variance counts as zero: its square root would have an infinite slope. */
export const LEAST_VARIANCE = 1e-30;

/** max(x^2, clamp); a clamp of 0 is none. No gradient where the clamp is active. */
export function clampedSquare<T extends tf.Tensor>(x: T, clamp: number): T {
  const squared = tf.square(x);
  return clamp === 0 ? squared : (tf.maximum(squared, clamp) as T);
}

/** mean + sqrt(variance) * epsilon, the local reparameterization (Kingma et al. 2015, eq. 6). */
export function reparameterize<T extends tf.Tensor>(mean: T, variance: T, epsilon: tf.Tensor): T {
  return tf.add(mean, tf.mul(tf.sqrt(tf.maximum(variance, LEAST_VARIANCE)), epsilon)) as T;
}

/** x + bias, or x. */
export function addBias<R extends tf.Rank>(x: tf.Tensor<R>, bias: tf.Tensor1D | undefined): tf.Tensor<R> {
  return bias === undefined ? x : tf.add(x, bias);
}
