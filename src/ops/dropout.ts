import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import type { StreamKey } from '../rng.js';
import { checkTensor } from './check-tensors.js';
import { differentiating, hasKernel, runKernel, thunks } from './kernel.js';
import { type Clock, type Parting, partRows, philoxInto } from './noise.js';

const NAME = 'Dropout';
/** Elements of four Philox blocks side by side. */
const GROUP = 16;
const LANES = 4;

/** Where the masks are drawn, and which part of the elements they drop. */
export interface DropoutSource extends Parting {
  readonly clock: Clock;
  readonly key: StreamKey;
  /** Probability that an element is dropped, in [0, 1). */
  readonly rate: number;
}

/** An element is kept where its random word, unsigned, is at least this: with probability 1 - rate to 32 bits. */
export function dropThreshold(rate: number): number {
  return Math.round(rate * 2 ** 32);
}

/**
 * Dropout masks for `rows` rows of `perImage` elements into `out`: 0 with probability `rate`, else 1 / (1 - rate) in
 * float32, so that the mean is 1. Row r is sample r % samples of image b = r / samples, its number counted from the clock's.
 * Element e of image b: with g = floor(e / 16), j = floor((e % 16) / 4), lane = e % 4, it is kept where word j of the
 * Philox4x32-7 block at counter [4 g + lane, firstImage + b, step, sample] is at least `dropThreshold(rate)`. So a mask
 * depends on the clock and its place alone.
 */
export function masksInto(
  out: Float32Array,
  perImage: number,
  rows: number,
  clock: ArrayLike<number>,
  key: StreamKey,
  rate: number,
  samples = 1,
): void {
  const threshold = dropThreshold(rate);
  const words = new Int32Array(LANES);
  for (let row = 0; row < rows; row++) {
    const image = clock[2] + Math.floor(row / samples);
    const sample = clock[1] + (row % samples);
    for (let start = 0; start < perImage; start += GROUP) {
      for (let lane = 0; lane < Math.min(LANES, perImage - start); lane++) {
        philoxInto(words, (start >>> 2) + lane, image, clock[0], sample, key);
        for (let j = 0, e = start + lane; j < LANES && e < perImage; j++, e += LANES)
          out[row * perImage + e] = words[j] >>> 0 >= threshold ? 1 / (1 - rate) : 0;
      }
    }
  }
}

/**
 * Inverted dropout (Srivastava et al. 2014): each element of x is dropped with probability `rate`, the others are divided by
 * 1 - rate. Every row has a mask of its own; `repeat` rows come from each of x where its samples part here.
 * @param x [B, ...]
 * @returns [B * repeat, ...]
 * @throws BayescnnError 'failure' when a type does not fit or the rate is not in [0, 1)
 */
export function dropout<T extends tf.Tensor>(x: T, source: DropoutSource): T {
  const { clock, key, rate, repeat = 1, samples = 1 } = source;
  checkTensor('dropout', 'x', x, x.shape);
  checkTensor('dropout', 'clock', clock, [LANES], 'int32');
  checkRate(rate);
  return tf.tidy(() => {
    // The kernel's gradient is that of one row a row.
    const parts = differentiating() && repeat > 1;
    const rows = parts || !hasKernel(NAME) ? partRows(x, { repeat }) : x;
    if (!hasKernel(NAME)) return tf.mul(rows, maskFor(rows.shape, source)) as T;
    const attributes = { key0: key[0] | 0, key1: key[1] | 0, rate, samples, repeat: parts ? 1 : repeat };
    return runKernel(NAME, { x: rows, clock }, attributes)[0] as T;
  });
}

function checkRate(rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new BayescnnError('failure', `dropout: the rate must be in [0, 1), got ${rate}`, {
    hint: 'try 0.1 or 0.5',
  });
}

/** The mask of a tensor [rows, ...]; no gradient. */
function maskFor(shape: readonly number[], { clock, key, rate, samples }: DropoutSource): tf.Tensor {
  const [rows, ...rest] = shape;
  const perImage = rest.reduce((product, size) => product * size, 1);
  const values = new Float32Array(rows * perImage);
  masksInto(values, perImage, rows, clock.dataSync(), key, rate, samples);
  return tf.tensor(values, [...shape], 'float32');
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['clock'],
  gradFunc: (dy, saved, attributes) => {
    const inputs = { x: dy as tf.Tensor, clock: saved[0] };
    return thunks({ x: () => runKernel(NAME, inputs, { ...attributes })[0] });
  },
});
