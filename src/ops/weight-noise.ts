import { tf } from '../backends/tfjs.js';
import type { StreamKey } from '../rng.js';
import { checkTensor } from './check-tensors.js';
import { type Clock, normalsInto } from './noise.js';

/**
 * Where a draw of weights takes its noise from: drawn at (step, sample) of the clock, once for all images however the
 * batch is split, or for the batch's image `image` alone; or given.
 */
export type WeightNoise =
  | { readonly clock: Clock; readonly key: StreamKey; readonly image?: number }
  | { readonly epsilon: tf.Tensor };

/**
 * That noise fits weights of `shape`.
 * @throws BayescnnError 'failure' when it does not
 */
export function checkWeightNoise(where: string, noise: WeightNoise | 'mean', shape: readonly number[]): void {
  if (noise === 'mean') return;
  if ('epsilon' in noise) checkTensor(where, 'epsilon', noise.epsilon, shape);
  else checkTensor(where, 'clock', noise.clock, [4], 'int32');
}

/** The noise itself, shaped as the weights; no gradient. */
export function weightEpsilon(noise: WeightNoise, shape: readonly number[]): tf.Tensor {
  return 'epsilon' in noise ? noise.epsilon : drawn(noise, shape);
}

function drawn(
  { clock, key, image }: Exclude<WeightNoise, { epsilon: tf.Tensor }>,
  shape: readonly number[],
): tf.Tensor {
  const [step, sample, first] = clock.dataSync();
  const size = shape.reduce((product, length) => product * length, 1);
  const values = new Float32Array(size);
  normalsInto(values, size, 1, [step, sample, image === undefined ? 0 : first + image, 0], key);
  return tf.tensor(values, [...shape], 'float32');
}

/** What kernels take of a noise source: the key as signed 32-bit numbers, image -1 for all images. */
interface KernelNoise {
  inputs: { clock?: tf.Tensor; epsilon?: tf.Tensor };
  attributes: { key0: number; key1: number; image: number };
}

/** A noise source, or none ('mean'), as kernel inputs and attributes. */
export function weightNoiseInputs(noise: WeightNoise | 'mean'): KernelNoise {
  const without = { key0: 0, key1: 0, image: -1 };
  if (noise === 'mean') return { inputs: {}, attributes: without };
  if ('epsilon' in noise) return { inputs: { epsilon: noise.epsilon }, attributes: without };
  const { clock, key, image = -1 } = noise;
  return { inputs: { clock }, attributes: { key0: key[0] | 0, key1: key[1] | 0, image } };
}
