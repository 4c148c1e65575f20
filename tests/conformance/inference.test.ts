import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { convReluPool, dense, lrtConvReluPool, lrtDense, type Noise } from '../../src/ops/index.js';
import { Stream, streamKey } from '../../src/rng.js';
import { bitsOf } from './training.js';

/** Forward passes without a gradient against training's kernels, and many samples in one pass against one by one. */
beforeAll(async () => {
  await loadTfjs();
  await startSimd(2, false);
});
afterAll(() => tf.removeBackend('simd'));

const key = streamKey(5, 'noise');

/** Normals of which a share is zero; `shape[0]` images. */
function sparseNormals(name: string, shape: number[], zeros: number): tf.Tensor {
  const stream = new Stream(streamKey(1, name));
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => {
      const value = stream.normal();
      return stream.uniform() < zeros ? 0 : value;
    }),
    shape,
  );
}

const normals = (name: string, shape: number[], scale: number) =>
  tf.mul(sparseNormals(name, shape, 0), scale);
const positive = (name: string, shape: number[]) => tf.add(tf.abs(normals(name, shape, 0.05)), 1e-3);

/** The op's value while a gradient is taken of it: by the kernels that keep what the gradient needs. */
function captured(op: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): Float32Array {
  let values: ReturnType<tf.Tensor['dataSync']> = new Float32Array();
  tf.grad((t) => {
    const y = op(t);
    values = y.dataSync();
    return tf.sum(y);
  })(x);
  return values as Float32Array;
}

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < got.length; i++) {
    worst = Math.max(worst, Math.abs(got[i] - wanted[i]));
    largest = Math.max(largest, Math.abs(wanted[i]));
    if (Number.isNaN(got[i])) worst = Infinity;
  }
  expect(largest).toBeGreaterThan(0);
  expect(worst / largest).toBeLessThan(tolerance);
}

const clockAt = (step: number, sample: number, image: number, sharedBits = 0) =>
  tf.tensor1d(Int32Array.of(step, sample, image, sharedBits), 'int32');

/** `samples` rows for each of [B, ...], side by side. */
function spread<T extends tf.Tensor>(x: T, samples: number): T {
  const [count, ...rest] = x.shape;
  const rows = tf.tile(tf.reshape(x, [count, 1, x.size / count]), [1, samples, 1]);
  return tf.reshape(rows, [count * samples, ...rest]) as T;
}

/**
 * That images from number 6 on which share draws have the bits of those draws, whether their samples part or have:
 * with one bit images 6, 7 | 8, 9 | 10, with three 6, 7 | 8, 9, 10.
 */
function expectShared<T extends tf.Tensor>(x: T, run: (x: T, noise: Noise) => tf.Tensor): void {
  const samples = 3;
  for (const bits of [1, 3]) {
    const alone = tf
      .unstack(x)
      .flatMap((one, i) =>
        Array.from({ length: samples }, (_, s) =>
          run(tf.expandDims(one) as T, { clock: clockAt(1, 4 + s, (6 + i) >> bits), key }),
        ),
      );
    const wanted = bitsOf(tf.concat(alone).dataSync());
    const noise = { clock: clockAt(1, 4, 6, bits), key, samples };
    expect(bitsOf(run(x, { ...noise, repeat: samples }).dataSync())).toBe(wanted);
    expect(bitsOf(run(spread(x, samples), noise).dataSync())).toBe(wanted);
  }
}

const CONVS = [
  { name: "LeNet's first", x: [5, 32, 32, 3], filter: [5, 5, 3, 6], relu: true, pool: true },
  { name: "LeNet's second", x: [5, 14, 14, 6], filter: [5, 5, 6, 16], relu: true, pool: true },
  { name: 'an odd size, 17 channels', x: [3, 9, 11, 5], filter: [3, 3, 5, 17], relu: true, pool: true },
  { name: 'a stride and padding', x: [4, 9, 8, 2], filter: [3, 3, 2, 7], stride: 2, padding: 1 },
  { name: 'a dilation', x: [3, 9, 9, 4], filter: [3, 3, 4, 5], dilation: 2, padding: 2 },
  { name: 'one channel', x: [1, 4, 4, 1], filter: [2, 2, 1, 1], pool: true },
  { name: 'three channels, pooled', x: [2, 6, 6, 4], filter: [3, 3, 4, 3], relu: true, pool: true },
];

describe.each(CONVS)('convolution: $name', ({ name, x: shape, filter, ...rest }) => {
  const options = { stride: 1, padding: 0, dilation: 1, relu: false, pool: false, ...rest };
  const outputs = filter[3];
  const images = () => sparseNormals(name, shape, 0.3) as tf.Tensor4D;
  const weights = () => ({
    mu: normals('w', filter, 0.2) as tf.Tensor4D,
    variance: positive('v', filter) as tf.Tensor4D,
    biasMu: normals('b', [outputs], 0.5) as tf.Tensor1D,
    biasVariance: positive('bv', [outputs]) as tf.Tensor1D,
  });

  it('has the bits of training', () => {
    tf.tidy(() => {
      const { mu, biasMu } = weights();
      for (const bias of [biasMu, undefined]) {
        const op = (t: tf.Tensor) => convReluPool(t as tf.Tensor4D, mu, bias, options);
        expect(bitsOf(op(images()).dataSync())).toBe(bitsOf(captured(op, images())));
      }
    });
  });

  it.each([0, 0.3])('LRT has the bits of training, clamp %d', (clamp) => {
    tf.tidy(() => {
      const all = weights();
      const epsilon = (t: tf.Tensor4D) =>
        sparseNormals('e', convReluPool(t, all.mu, undefined, { ...options, pool: false }).shape, 0);
      for (const noise of [{ clock: clockAt(7, 2, 100), key }, { epsilon: epsilon(images()) }]) {
        const op = (t: tf.Tensor) => lrtConvReluPool(t as tf.Tensor4D, all, noise, { ...options, clamp });
        expect(bitsOf(op(images()).dataSync())).toBe(bitsOf(captured(op, images())));
      }
    });
  });

  it('an image has the same bits in any company', () => {
    tf.tidy(() => {
      const all = weights();
      const x = images();
      const run = (t: tf.Tensor4D, first: number) =>
        lrtConvReluPool(t, all, { clock: clockAt(1, 0, first), key }, { ...options, clamp: 0 });
      const parts = tf
        .unstack(x)
        .map((image, i) => bitsOf(run(tf.expandDims(image) as tf.Tensor4D, i).dataSync()));
      expect(parts.join('')).toBe(bitsOf(run(x, 0).dataSync()));
    });
  });

  it('samples that part, and those that have, have the bits of samples one by one', () => {
    tf.tidy(() => {
      const all = weights();
      const x = images();
      const samples = 3;
      const run = (t: tf.Tensor4D, noise: Noise) => lrtConvReluPool(t, all, noise, { ...options, clamp: 0 });
      const alone = Array.from({ length: samples }, (_, s) => run(x, { clock: clockAt(1, 4 + s, 10), key }));
      const stacked = tf.stack(alone, 1);
      const wanted = bitsOf(stacked.dataSync());
      const noise = { clock: clockAt(1, 4, 10), key, samples };
      expect(bitsOf(run(x, { ...noise, repeat: samples }).dataSync())).toBe(wanted);
      expect(bitsOf(run(spread(x, samples), noise).dataSync())).toBe(wanted);
    });
  });

  it('images that share draws have the bits of those draws', () => {
    tf.tidy(() => {
      const all = weights();
      expectShared(images(), (t, noise) => lrtConvReluPool(t, all, noise, { ...options, clamp: 0 }));
    });
  });
});

const DENSE = [
  { name: 'fc1', shape: [35, 400, 120], relu: true },
  { name: 'fc3', shape: [9, 84, 10], relu: false },
  { name: 'odd sizes', shape: [3, 7, 5], relu: true },
  { name: 'one of each', shape: [1, 1, 1], relu: false },
  { name: '33 outputs', shape: [6, 13, 33], relu: true },
];

describe.each(DENSE)('dense: $name', ({ shape: [rows, inputs, outputs], relu }) => {
  const weights = () => ({
    mu: normals('w', [inputs, outputs], 0.1) as tf.Tensor2D,
    variance: positive('v', [inputs, outputs]) as tf.Tensor2D,
    biasMu: normals('b', [outputs], 0.5) as tf.Tensor1D,
    biasVariance: positive('bv', [outputs]) as tf.Tensor1D,
  });

  it.each([0, 0.5])('equals training exactly, %d of the inputs zero', (zeros) => {
    tf.tidy(() => {
      const { mu, biasMu } = weights();
      const x = sparseNormals('x', [rows, inputs], zeros);
      for (const bias of [biasMu, undefined]) {
        const op = (t: tf.Tensor) => dense(t as tf.Tensor2D, mu, bias, { relu });
        // Plain equality: zeros left out may change the sign of a zero.
        expect(Array.from(op(x).dataSync(), (v) => v + 0)).toEqual(Array.from(captured(op, x), (v) => v + 0));
      }
    });
  });

  it.each([0, 0.5])('LRT equals training exactly, %d of the inputs zero', (zeros) => {
    tf.tidy(() => {
      const all = weights();
      const x = sparseNormals('x', [rows, inputs], zeros);
      for (const clamp of [0, 0.3]) {
        const noise = { clock: clockAt(3, 1, 11), key };
        const op = (t: tf.Tensor) => lrtDense(t as tf.Tensor2D, all, noise, { relu, clamp });
        expect(Array.from(op(x).dataSync(), (v) => v + 0)).toEqual(Array.from(captured(op, x), (v) => v + 0));
      }
    });
  });

  it('samples that part, and those that have, have the bits of samples one by one', () => {
    tf.tidy(() => {
      const all = weights();
      const x = sparseNormals('x', [rows, inputs], 0.5) as tf.Tensor2D;
      const samples = 4;
      const run = (t: tf.Tensor2D, noise: Noise) => lrtDense(t, all, noise, { relu, clamp: 0 });
      const alone = Array.from({ length: samples }, (_, s) => run(x, { clock: clockAt(1, 4 + s, 10), key }));
      const wanted = bitsOf(tf.reshape(tf.stack(alone, 1), [rows * samples, outputs]).dataSync());
      const noise = { clock: clockAt(1, 4, 10), key, samples };
      expect(bitsOf(run(x, { ...noise, repeat: samples }).dataSync())).toBe(wanted);
      expect(bitsOf(run(spread(x, samples), noise).dataSync())).toBe(wanted);
    });
  });

  it('images that share draws have the bits of those draws', () => {
    tf.tidy(() => {
      const all = weights();
      const x = sparseNormals('x', [Math.min(rows, 5), inputs], 0.5) as tf.Tensor2D;
      expectShared(x, (t, noise) => lrtDense(t, all, noise, { relu, clamp: 0 }));
    });
  });
});

describe('many samples in one pass', () => {
  /** One layer behind another, on any engine. */
  function run(samples: number, first: number, sharedBits: number): tf.Tensor {
    const x = sparseNormals('x', [3, 8, 8, 2], 0) as tf.Tensor4D;
    const conv = {
      mu: normals('w', [3, 3, 2, 4], 0.3) as tf.Tensor4D,
      variance: positive('v', [3, 3, 2, 4]) as tf.Tensor4D,
    };
    const fc = {
      mu: normals('m', [36, 5], 0.3) as tf.Tensor2D,
      variance: positive('u', [36, 5]) as tf.Tensor2D,
    };
    const options = { stride: 1, padding: 0, dilation: 1, relu: true, pool: true, clamp: 0 };
    const clock = clockAt(9, first, 50, sharedBits);
    const maps = lrtConvReluPool(x, conv, { clock, key, samples, repeat: samples }, options);
    const rows = tf.reshape(maps, [3 * samples, 36]) as tf.Tensor2D;
    return lrtDense(rows, fc, { clock, key, samples }, { relu: false, clamp: 0 });
  }

  it.each([0, 1])('are those of the composition on cpu, shared bits %d', async (bits) => {
    const results: Float32Array[] = [];
    for (const engine of ['cpu', 'simd']) {
      await tf.setBackend(engine);
      results.push(tf.tidy(() => run(3, 2, bits).dataSync() as Float32Array));
    }
    expectClose(results[1], results[0], 1e-5);
  });

  it('have gradients too', async () => {
    const gradients: Float32Array[] = [];
    for (const engine of ['cpu', 'simd']) {
      await tf.setBackend(engine);
      gradients.push(
        tf.tidy(() => {
          const mu = normals('m', [6, 4], 0.3) as tf.Tensor2D;
          const variance = positive('u', [6, 4]) as tf.Tensor2D;
          const noise = { clock: clockAt(1, 0, 0), key, samples: 3, repeat: 3 };
          const loss = (t: tf.Tensor) =>
            tf.sum(tf.square(lrtDense(t as tf.Tensor2D, { mu, variance }, noise, { relu: true, clamp: 0 })));
          return tf
            .grad(loss)(sparseNormals('x', [5, 6], 0))
            .dataSync() as Float32Array;
        }),
      );
    }
    expectClose(gradients[1], gradients[0], 1e-4);
  });
});
