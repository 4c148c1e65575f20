import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import type { StreamKey } from '../rng.js';
import { checkTensor } from './check-tensors.js';
import { activate } from './conv-composition.js';
import type { ConvOptions } from './conv-options.js';
import { hasKernel, runKernel, thunks } from './kernel.js';
import { type Clock, philoxInto } from './noise.js';

/** Channels whose signs one Philox block gives. */
const BLOCK = 128;

/** Where random signs are drawn: a pair of image and channel has its own. */
export interface SignSource {
  readonly clock: Clock;
  readonly key: StreamKey;
}

/**
 * Random signs, one an image and channel, into `out` [images, channels] as 1 or -1.
 * Channel c of image b takes bit c % 32 of word (c / 32) % 4 of the Philox4x32-7 block at
 * [c / 128, firstImage + b, step, sample]; a set bit is -1.
 */
export function signsInto(
  out: Float32Array,
  images: number,
  channels: number,
  clock: ArrayLike<number>,
  key: StreamKey,
): void {
  const words = new Int32Array(4);
  for (let image = 0; image < images; image++) {
    for (let c = 0; c < channels; c++) {
      if (c % BLOCK === 0) philoxInto(words, c / BLOCK, clock[2] + image, clock[0], clock[1], key);
      const bit = (words[(c >> 5) & 3] >>> (c & 31)) & 1;
      out[image * channels + c] = bit === 1 ? -1 : 1;
    }
  }
}

/** The signs for a tensor [B, ..., C], shaped to multiply it; no gradient. */
function signsFor(shape: readonly number[], { clock, key }: SignSource): tf.Tensor {
  const images = shape[0];
  const channels = shape[shape.length - 1];
  const values = new Float32Array(images * channels);
  signsInto(values, images, channels, clock.dataSync(), key);
  return tf.tensor(values, [images, ...shape.slice(1, -1).map(() => 1), channels]);
}

function signAttributes({ key }: SignSource): { key0: number; key1: number } {
  return { key0: key[0] | 0, key1: key[1] | 0 };
}

/**
 * x [B, ..., C] with each image's channels multiplied by their random signs.
 * @throws BayescnnError 'failure' when a type does not fit
 */
export function flipSigns<T extends tf.Tensor>(x: T, signs: SignSource): T {
  checkTensor('flipSigns', 'x', x, x.shape);
  checkTensor('flipSigns', 'clock', signs.clock, [4], 'int32');
  return tf.tidy(() => {
    if (!hasKernel('FlipSigns')) return tf.mul(x, signsFor(x.shape, signs)) as T;
    return runKernel('FlipSigns', { x, clock: signs.clock }, signAttributes(signs))[0] as T;
  });
}

/**
 * Flipout's sum of a layer's two pre-activations, mean + signs delta (Wen et al. 2018, eq. 5),
 * then a ReLU and a 2x2 max-pool where the options ask for them.
 * @param mean [B, H, W, O] or [B, O] (no pool) @param delta same shape, of the batch's one perturbation
 * @returns mean's shape, halved by the pool; the pool's gradient goes to a window's first maximum
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function flipoutSum<T extends tf.Tensor>(
  mean: T,
  delta: T,
  signs: SignSource,
  options: Pick<ConvOptions, 'relu' | 'pool'>,
): T {
  checkSum(mean, delta, signs, options.pool);
  return tf.tidy(() => {
    if (hasKernel('FlipoutSum')) {
      const { relu, pool } = options;
      const attributes = { relu, pool, shape: mean.shape, ...signAttributes(signs) };
      return runKernel('FlipoutSum', { mean, delta, clock: signs.clock }, attributes)[0] as T;
    }
    const sum = tf.add(mean, tf.mul(delta, signsFor(delta.shape, signs)));
    if (sum.rank === 4) return activate(sum as tf.Tensor4D, options) as tf.Tensor as T;
    return (options.relu ? tf.relu(sum) : sum) as T;
  });
}

function checkSum(mean: tf.Tensor, delta: tf.Tensor, { clock }: SignSource, pool: boolean): void {
  checkTensor('flipoutSum', 'mean', mean, mean.shape);
  checkTensor('flipoutSum', 'delta', delta, mean.shape);
  checkTensor('flipoutSum', 'clock', clock, [4], 'int32');
  if (mean.rank === 4 || (mean.rank === 2 && !pool)) return;
  throw new BayescnnError(
    'failure',
    `flipoutSum: mean must be [B, H, W, O], or [B, O] without a pool, got [${mean.shape}]`,
    { hint: 'give the pre-activations of a convolution or of a dense layer' },
  );
}

tf.registerGradient({
  kernelName: 'FlipSigns',
  inputsToSave: ['clock'],
  gradFunc: (dy, saved, attributes) => {
    const inputs = { x: dy as tf.Tensor, clock: saved[0] };
    return thunks({ x: () => runKernel('FlipSigns', inputs, { ...attributes })[0] });
  },
});

tf.registerGradient({
  kernelName: 'FlipoutSum',
  inputsToSave: ['clock'],
  outputsToSave: [true, true],
  gradFunc: (dys, saved, attributes) => {
    const [dy] = dys as tf.Tensor[];
    const [clock, y, taps] = saved;
    // Not inside the thunks: each has a tidy of its own, which would dispose the other's share.
    const inputs = { dy, y, taps, clock };
    const [dMean, dDelta] = runKernel('FlipoutSumGrad', inputs, { ...attributes });
    return thunks({ mean: dMean, delta: dDelta });
  },
});
