import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import { type StreamKey, uniformOf } from '../rng.js';
import { checkTensor } from './check-tensors.js';

/**
 * Where a draw stands: int32 [4] = [step, sample, first image of the batch, shared bits]. Images whose numbers agree but for
 * so many lowest bits (0 to 3) share their LRT noise: each has its law, and up to eight are drawn at the cost of one.
 */
export type Clock = tf.Tensor1D;
/** The same four numbers on the JavaScript side. */
export type ClockValues = ArrayLike<number>;

/** How the rows of a batch are samples of its images; 1 and 1 where each image has one row. */
export interface Parting {
  /** Rows an image, side by side: row r is sample r % samples of image r / samples, counted from the clock's. */
  readonly samples?: number;
  /** Rows of the output an input row: `samples` where the samples of an image part, else 1. */
  readonly repeat?: number;
}

/** Where an LRT op takes its noise from: drawn at (clock, key), or given. */
export type Noise = Parting &
  ({ readonly clock: Clock; readonly key: StreamKey } | { readonly epsilon: tf.Tensor });

const MULTIPLIER_0_LOW = 0x1f53;
const MULTIPLIER_0_HIGH = 0xd251;
const MULTIPLIER_1_LOW = 0x8d57;
const MULTIPLIER_1_HIGH = 0xcd9e;
/**
 * Rounds of Philox4x32 for noise: the fewest that pass all of TestU01's BigCrush (Salmon et al. 2011, table 2).
 * Whatever is drawn once (initial weights, the shuffle, augmentation) takes the published ten (rng.ts).
 */
const ROUNDS = 7;
/** Normals of four Philox blocks side by side: one group. */
const GROUP = 16;
const LANES = 4;
const CLOCK_SIZE = 4;

/** High 32 bits of the unsigned product (high, low) * word, as a signed 32-bit number. */
function multiplyHigh(low: number, high: number, word: number): number {
  const wordLow = word & 0xffff;
  const wordHigh = word >>> 16;
  const middle1 = high * wordLow + ((low * wordLow) >>> 16);
  const middle2 = low * wordHigh + (middle1 & 0xffff);
  return (high * wordHigh + (middle1 >>> 16) + (middle2 >>> 16)) | 0;
}

/**
 * Philox4x32-7 into four words of `words` (`philox4x32` of rng.ts without its allocations,
 * which would cost more than the rounds).
 */
export function philoxInto(
  words: Int32Array,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key: StreamKey,
): void {
  let [c0, c1, c2, c3] = [counter0 | 0, counter1 | 0, counter2 | 0, counter3 | 0];
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0_LOW, MULTIPLIER_0_HIGH, c0);
    const high1 = multiplyHigh(MULTIPLIER_1_LOW, MULTIPLIER_1_HIGH, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c2 = high0 ^ c3 ^ k1;
    c1 = low1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** A signed word's angle: bits 30 to 0 as a signed number from -pi/2 to pi/2, and half a circle for bit 31. */
function angleOf(word: number): number {
  return Math.PI * ((word << 1) / 2 ** 32 + (word < 0 ? 1 : 0));
}

/** Box-Muller on words (0, 1) and (2, 3): four normals. */
function boxMuller(words: Int32Array, normals: Float32Array): void {
  for (let pair = 0; pair < LANES; pair += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniformOf(words[pair])));
    const angle = angleOf(words[pair + 1]);
    normals[pair] = radius * Math.cos(angle);
    normals[pair + 1] = radius * Math.sin(angle);
  }
}

/**
 * Standard normals for `rows` rows of `perImage` values each, into `out`; row r is sample r % samples of image
 * b = r / samples, its number counted from the clock's.
 * Element e of image b: with g = floor(e / 16), j = floor((e % 16) / 4), lane = e % 4, it is normal j of the
 * Philox4x32-7 block at counter [4 g + lane, (firstImage + b) >> sharedBits, step, sample]. So a value depends on the clock
 * and its place alone; images may be split over batches and threads at will.
 */
export function normalsInto(
  out: Float32Array,
  perImage: number,
  rows: number,
  clock: ClockValues,
  key: StreamKey,
  samples = 1,
): void {
  const [step, firstSample, firstImage, sharedBits] = [clock[0], clock[1], clock[2], clock[3] & 3];
  const words = new Int32Array(LANES);
  const normals = new Float32Array(LANES);
  for (let row = 0; row < rows; row++) {
    const base = row * perImage;
    const image = (firstImage + Math.floor(row / samples)) >> sharedBits;
    const sample = firstSample + (row % samples);
    for (let start = 0; start < perImage; start += GROUP) {
      const lanes = Math.min(LANES, perImage - start);
      for (let lane = 0; lane < lanes; lane++) {
        philoxInto(words, (start >>> 2) + lane, image, step, sample, key);
        boxMuller(words, normals);
        for (let j = 0, e = start + lane; j < LANES && e < perImage; j++, e += LANES)
          out[base + e] = normals[j];
      }
    }
  }
}

/**
 * Standard normals of a shape [B, ...], drawn on the JavaScript side; no gradient.
 * @param samples rows an image
 */
export function standardNormal(
  shape: readonly number[],
  clock: Clock,
  key: StreamKey,
  samples = 1,
): tf.Tensor {
  checkTensor('standardNormal', 'clock', clock, [CLOCK_SIZE], 'int32');
  const [rows, ...rest] = shape;
  const perImage = rest.reduce((product, size) => product * size, 1);
  const values = new Float32Array(rows * perImage);
  normalsInto(values, perImage, rows, clock.dataSync(), key, samples);
  return tf.tensor(values, [...shape], 'float32');
}

/** Each row of [B, ...] `repeat` times, where the samples of an image part. */
export function partRows<T extends tf.Tensor>(x: T, { repeat = 1 }: Parting): T {
  if (repeat === 1) return x;
  const [rows, ...rest] = x.shape;
  const size = x.size / rows;
  return tf.reshape(tf.tile(tf.reshape(x, [rows, 1, size]), [1, repeat, 1]), [rows * repeat, ...rest]) as T;
}

/** The noise for a layer whose pre-activation is of `shape` before samples part, drawn or given. */
export function epsilonOf(noise: Noise, shape: readonly number[]): tf.Tensor {
  if ('epsilon' in noise) return noise.epsilon;
  return standardNormal(parted(shape, noise), noise.clock, noise.key, noise.samples);
}

function parted([rows, ...rest]: readonly number[], { repeat = 1 }: Parting): number[] {
  return [rows * repeat, ...rest];
}

/**
 * That noise fits a pre-activation that is of `shape` before samples part.
 * @throws BayescnnError 'failure' when it does not
 */
export function checkNoise(where: string, noise: Noise, shape: readonly number[]): void {
  if (!('epsilon' in noise)) {
    checkTensor(where, 'clock', noise.clock, [CLOCK_SIZE], 'int32');
    return;
  }
  const { epsilon } = noise;
  const wanted = parted(shape, noise);
  if (epsilon.dtype === 'float32' && tf.util.arraysEqual(wanted, epsilon.shape)) return;
  throw new BayescnnError(
    'failure',
    `${where}: epsilon must be float32 [${wanted}], got ${epsilon.dtype} [${epsilon.shape}]`,
    { hint: "give epsilon the convolution's or the dense layer's output shape, before pooling" },
  );
}

/** A noise source as kernel inputs and attributes; the key as signed 32-bit numbers. */
export function noiseInputs(noise: Noise): {
  inputs: { clock?: tf.Tensor; epsilon?: tf.Tensor };
  attributes: { key0: number; key1: number } & Required<Parting>;
} {
  const { repeat = 1, samples = 1 } = noise;
  const [key0, key1] = 'epsilon' in noise ? [0, 0] : noise.key;
  const attributes = { key0: key0 | 0, key1: key1 | 0, repeat, samples };
  if ('epsilon' in noise) return { inputs: { epsilon: noise.epsilon }, attributes };
  return { inputs: { clock: noise.clock }, attributes };
}
