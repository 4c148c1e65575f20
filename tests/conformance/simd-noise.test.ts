import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { lrtConvReluPool, lrtDense, standardNormal } from '../../src/ops/index.js';
import { type StreamKey, streamKey } from '../../src/rng.js';

/** The noise of the engine's LRT kernels: mean 0 and variance 1 from every input, so the output is epsilon. */
beforeAll(async () => {
  await loadTfjs();
  await startSimd(2, false);
});
afterAll(() => tf.removeBackend('simd'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

const key = streamKey(1, 'noise/conv1');
/** [step, sample, first image, shared bits] */
type Position = readonly [number, number, number, number?];

function clockAt([step, sample, image, sharedBits = 0]: Position): tf.Tensor1D {
  return tf.tensor1d(Int32Array.of(step, sample, image, sharedBits), 'int32');
}

function denseNoise(images: number, outputs: number, at: Position, of: StreamKey = key): Float32Array {
  const weights = { mu: tf.zeros<tf.Rank.R2>([1, outputs]), variance: tf.ones<tf.Rank.R2>([1, outputs]) };
  const x = tf.ones<tf.Rank.R2>([images, 1]);
  const y = lrtDense(x, weights, { clock: clockAt(at), key: of }, { relu: false, clamp: 0 });
  return y.dataSync() as Float32Array;
}

/**
 * @param shape [images, height, width, channels] of the output
 * @param training by the kernel that keeps what a gradient needs
 */
function convNoise(
  shape: readonly [number, number, number, number],
  at: Position,
  training: boolean,
): Float32Array {
  const [images, height, width, channels] = shape;
  const filter: [number, number, number, number] = [1, 1, 1, channels];
  const weights = { mu: tf.zeros<tf.Rank.R4>(filter), variance: tf.ones<tf.Rank.R4>(filter) };
  const x = tf.ones<tf.Rank.R4>([images, height, width, 1]);
  const options = { stride: 1, padding: 0, dilation: 1, relu: false, pool: false, clamp: 0 };
  const draw = (t: tf.Tensor) =>
    lrtConvReluPool(t as tf.Tensor4D, weights, { clock: clockAt(at), key }, options);
  if (!training) return draw(x).dataSync() as Float32Array;
  let values: ReturnType<tf.Tensor['dataSync']> = new Float32Array();
  tf.grad((t) => {
    const y = draw(t);
    values = y.dataSync();
    return tf.sum(y);
  })(x);
  return values as Float32Array;
}

function expectNoise(got: Float32Array, shape: readonly number[], at: Position): void {
  const wanted = standardNormal(shape, clockAt(at), key).dataSync();
  expect(got.length).toBe(wanted.length);
  const worst = got.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
  // NaN would pass a comparison of maxima.
  expect(got.every(Number.isFinite)).toBe(true);
  expect(worst).toBeLessThan(1e-5);
}

describe("the kernels' noise is the defined one", () => {
  const PLACES: [number, number, number, number][] = [
    [0, 0, 0, 0],
    [7, 3, 100, 0],
    // Evaluations set the step's top bit, and images of theirs share draws.
    [-0x80000000 + 20, 9, 9_875, 3],
  ];

  it.each(PLACES)('for the dense layers, at step %i, sample %i, image %i', (...at) => {
    for (const outputs of [1, 3, 4, 10, 16, 17, 84, 120])
      expectNoise(denseNoise(5, outputs, at), [5, outputs], at);
  });

  it.each(PLACES)('for the convolutions, at step %i, sample %i, image %i', (...at) => {
    for (const shape of [
      [3, 28, 28, 6],
      [5, 10, 10, 16],
      [2, 3, 5, 7],
      [1, 1, 1, 1],
    ] as const) {
      expectNoise(convNoise(shape, at, true), shape, at);
      // Row by row the noise has the same bits.
      expect(convNoise(shape, at, false)).toEqual(convNoise(shape, at, true));
    }
  });

  it('for a batch in parts', () => {
    const whole = denseNoise(12, 84, [5, 1, 40]);
    const parts = [
      [0, 5],
      [5, 6],
      [6, 12],
    ].map(([from, to]) => denseNoise(to - from, 84, [5, 1, 40 + from]));
    expect(Float32Array.from(parts.flatMap((part) => [...part]))).toEqual(whole);

    const images = convNoise([4, 10, 10, 16], [5, 1, 40], true);
    const last = convNoise([1, 10, 10, 16], [5, 1, 43], true);
    expect(last).toEqual(images.subarray(3 * 1600));
  });
});

describe('the distribution', () => {
  it('has the moments of a standard normal on a million draws', () => {
    const draws = denseNoise(250, 4000, [1, 0, 0]);
    const n = draws.length;
    expect(n).toBe(1e6);
    const moment = (power: number) => draws.reduce((sum, value) => sum + value ** power, 0) / n;
    // Standard errors: sqrt of (the moment of twice the order - its square) / n.
    for (const [power, value, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
      [6, 15, 10170],
    ])
      expect(Math.abs(moment(power) - value), `moment ${power}`).toBeLessThan(4 * Math.sqrt(variance / n));
    // Box-Muller on 23 bits reaches 5.77; a normal passes 4.5 some seven times in a million draws.
    const largest = draws.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(4.3);
    expect(largest).toBeLessThan(5.8);
  });

  it('fills 64 equally likely cells equally', () => {
    const draws = denseNoise(250, 400, [2, 0, 0]);
    const cells = 64;
    const counts = new Array<number>(cells).fill(0);
    for (const value of draws) counts[Math.min(cells - 1, Math.floor(cells * cumulative(value)))]++;
    const expected = draws.length / cells;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 63 degrees of freedom: 103.4 is passed once in 1,000.
    expect(chiSquare).toBeLessThan(103.4);
  });
});

/** The standard normal's distribution function (Abramowitz and Stegun 7.1.26, error below 1.5e-7). */
function cumulative(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * series * Math.exp((-x * x) / 2);
  return x > 0 ? 1 - tail : tail;
}

describe('independence', () => {
  const N = 20_000;
  const draw = (at: Position, of: StreamKey = key) => denseNoise(1, N, at, of);

  /** Correlation of x and y, and of their squares: both in standard errors. */
  function expectUncorrelated(what: string, x: Float32Array, y: Float32Array): void {
    const n = Math.min(x.length, y.length);
    let [plain, squared] = [0, 0];
    for (let i = 0; i < n; i++) {
      plain += x[i] * y[i];
      squared += ((x[i] * x[i] - 1) * (y[i] * y[i] - 1)) / 2;
    }
    expect(Math.abs(plain) / Math.sqrt(n), what).toBeLessThan(4);
    expect(Math.abs(squared) / Math.sqrt(n), `squares: ${what}`).toBeLessThan(4);
  }

  it('of layers, seeds, steps, samples and images', () => {
    const streams: [string, Float32Array][] = [
      ['base', draw([0, 0, 0])],
      ['layer conv2', draw([0, 0, 0], streamKey(1, 'noise/conv2'))],
      ['layer fc1', draw([0, 0, 0], streamKey(1, 'noise/fc1'))],
      ['seed 2', draw([0, 0, 0], streamKey(2, 'noise/conv1'))],
      ['step 1', draw([1, 0, 0])],
      ['sample 1', draw([0, 1, 0])],
      ['image 1', draw([0, 0, 1])],
      ['evaluation', draw([-0x80000000, 0, 0])],
    ];
    for (const [i, [name, x]] of streams.entries())
      for (const [other, y] of streams.slice(0, i)) expectUncorrelated(`${name} and ${other}`, x, y);
  });

  it('of neighbours, and of the lanes and pairs that one block gives', () => {
    const x = draw([3, 0, 0]);
    for (const lag of [1, 2, 3, 4, 5, 8, 12, 15, 16, 17, 32, 64])
      expectUncorrelated(`lag ${lag}`, x, x.subarray(lag));
  });
});
