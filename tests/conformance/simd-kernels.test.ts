import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { adamUpdate } from '../../src/ops/adam-update.js';
import { convReluPool } from '../../src/ops/conv-relu-pool.js';
import { dense } from '../../src/ops/dense.js';
import { gatherImages } from '../../src/ops/gather-images.js';
import { gatherLabels } from '../../src/ops/gather-labels.js';
import { gaussianVariational } from '../../src/ops/gaussian-variational.js';
import { lrtConvReluPool } from '../../src/ops/lrt-conv-relu-pool.js';
import { lrtDense } from '../../src/ops/lrt-dense.js';
import { sgdUpdate } from '../../src/ops/sgd-update.js';
import { softmaxCrossEntropy } from '../../src/ops/softmax-cross-entropy.js';
import { streamKey } from '../../src/rng.js';
import { compare, evaluate, expectClose, normal, type Op, type Tensors } from './compare.js';

/** The engine's kernels against compositions of TF.js's own `cpu` ops: values and every gradient. */
beforeAll(async () => {
  await loadTfjs();
  await startSimd(2, false);
});
afterAll(() => tf.removeBackend('simd'));

const CONVS = [
  { name: 'conv1 of the LeNet', x: [3, 32, 32, 3], filter: [5, 5, 3, 6], pool: true, relu: true },
  { name: 'conv2 of the LeNet', x: [5, 14, 14, 6], filter: [5, 5, 6, 16], pool: true, relu: true },
  {
    name: 'stride 2, padding 1, no pool',
    x: [2, 7, 9, 3],
    filter: [3, 3, 3, 5],
    stride: 2,
    padding: 1,
    relu: true,
  },
  { name: 'dilation 2, padding 2, no ReLU', x: [2, 8, 6, 2], filter: [3, 3, 2, 4], dilation: 2, padding: 2 },
  { name: 'pool without ReLU, odd sizes', x: [1, 8, 9, 4], filter: [2, 2, 4, 7], pool: true },
  { name: '1x1, one channel in and out', x: [2, 5, 5, 1], filter: [1, 1, 1, 1], relu: true },
  {
    name: 'many channels, 20 images (groups of two)',
    x: [20, 6, 6, 9],
    filter: [3, 3, 9, 19],
    padding: 1,
    relu: true,
    pool: true,
  },
  { name: 'rectangular filter', x: [2, 6, 9, 5], filter: [2, 4, 5, 3], padding: 1, relu: true },
  { name: 'five taps a row, 15 wide, 17 channels', x: [2, 6, 17, 5], filter: [3, 5, 5, 17], padding: 1 },
  {
    name: 'five taps a row, 12 wide, an odd height',
    x: [2, 9, 16, 2],
    filter: [5, 5, 2, 7],
    relu: true,
    pool: true,
  },
  { name: 'five taps a row, 36 wide, an odd height', x: [1, 5, 38, 3], filter: [3, 5, 3, 5], padding: 1 },
  {
    name: 'five taps a row, 10 wide, few channels',
    x: [2, 9, 14, 3],
    filter: [5, 5, 3, 6],
    relu: true,
    pool: true,
  },
  { name: 'five taps a row, 10 wide, six channels, an odd height', x: [2, 9, 14, 6], filter: [5, 5, 6, 16] },
  { name: 'five taps a row, 10 wide, six channels, 32 outputs', x: [2, 8, 14, 6], filter: [5, 5, 6, 32] },
  { name: 'five taps a row, 8 wide, 13 channels', x: [3, 7, 12, 3], filter: [5, 5, 3, 13], relu: true },
];

describe.each(CONVS)('convolution: $name', ({ name, x, filter, ...rest }) => {
  const options = { stride: 1, padding: 0, dilation: 1, relu: false, pool: false, ...rest };
  const arrays = {
    x: normal(`x ${name}`, x),
    filter: normal(`w ${name}`, filter, 0.2),
    bias: normal('b', [filter[3]]),
  };

  it('equals the composition', () =>
    compare(arrays, (t) =>
      convReluPool(t.x as tf.Tensor4D, t.filter as tf.Tensor4D, t.bias as tf.Tensor1D, options),
    ));

  it('equals the composition without bias', () =>
    compare({ x: arrays.x, filter: arrays.filter }, (t) =>
      convReluPool(t.x as tf.Tensor4D, t.filter as tf.Tensor4D, undefined, options),
    ));

  it.each([0, 0.3])('LRT equals the composition, clamp %d', (clamp) => {
    const bayesian = {
      x: arrays.x,
      mu: arrays.filter,
      variance: normal(`v ${name}`, filter, 0.05, true),
      biasMu: arrays.bias,
      biasVariance: normal('bv', [filter[3]], 0.05, true),
      clock: { shape: [4], values: Float32Array.of(7, 2, 100, 0), dtype: 'int32' as const },
    };
    const noise = (t: Tensors) => ({ clock: t.clock as tf.Tensor1D, key: streamKey(5, 'noise') });
    return compare(
      bayesian,
      (t) => lrtConvReluPool(t.x as tf.Tensor4D, t as never, noise(t), { ...options, clamp }),
      1e-4,
    );
  });
});

describe('Winograd convolutions', () => {
  it.each([
    { width: 10, outputs: 16, limit: 1.2e-6 },
    { width: 8, outputs: 16, limit: 8e-7 },
    { width: 8, outputs: 6, limit: 8e-7 },
  ])('$width wide, $outputs channels: round little more than plain sums', ({ width, outputs, limit }) => {
    const x = normal('x', [2, 14, width + 4, 6], 1, true);
    const filter = normal('w', [5, 5, 6, outputs], 0.1);
    const got = tf.tidy(() => {
      const [images, weights] = [x, filter].map(({ values, shape }) => tf.tensor(values, shape));
      const options = { stride: 1, padding: 0, dilation: 1, relu: false, pool: false };
      return convReluPool(images as tf.Tensor4D, weights as tf.Tensor4D, undefined, options).dataSync();
    });
    let [errors, squares] = [0, 0];
    for (let i = 0; i < got.length; i++) {
      const exact = exactSum(x.values, filter.values, i, width, outputs);
      errors += (got[i] - exact) ** 2;
      squares += exact ** 2;
    }
    // Root mean squares; float32 sums in turn come to some 2e-7.
    expect(Math.sqrt(errors / squares)).toBeLessThan(limit);
  });
});

/** Output `i` of images [2, 14, width + 4, 6] and a filter [5, 5, 6, outputs], in double precision. */
function exactSum(x: Float32Array, filter: Float32Array, i: number, width: number, outputs: number): number {
  const channel = i % outputs;
  const column = Math.floor(i / outputs) % width;
  const row = Math.floor(i / outputs / width) % 10;
  const image = Math.floor(i / outputs / width / 10);
  let sum = 0;
  for (let ky = 0; ky < 5; ky++)
    for (let j = 0; j < 30; j++)
      sum +=
        x[((14 * image + row + ky) * (width + 4) + column) * 6 + j] *
        filter[(30 * ky + j) * outputs + channel];
  return sum;
}

const DENSE = [
  { name: 'fc1', shape: [4, 400, 120], relu: true },
  { name: 'fc3', shape: [9, 84, 10], relu: false },
  { name: 'odd sizes', shape: [3, 7, 5], relu: true },
  { name: 'one of each', shape: [1, 1, 1], relu: false },
  { name: '33 outputs', shape: [6, 13, 33], relu: true },
];

describe.each(DENSE)('dense: $name', ({ shape: [images, inputs, outputs], relu }) => {
  const arrays = {
    x: normal('x', [images, inputs]),
    kernel: normal('w', [inputs, outputs], 0.1),
    bias: normal('b', [outputs]),
  };

  it('equals the composition', () =>
    compare(arrays, (t) =>
      dense(t.x as tf.Tensor2D, t.kernel as tf.Tensor2D, t.bias as tf.Tensor1D, { relu }),
    ));

  it.each([0, 0.3])('LRT equals the composition, clamp %d', (clamp) => {
    const bayesian = {
      x: arrays.x,
      mu: arrays.kernel,
      variance: normal('v', [inputs, outputs], 0.05, true),
      biasMu: arrays.bias,
      biasVariance: normal('bv', [outputs], 0.05, true),
      clock: { shape: [4], values: Float32Array.of(3, 0, 11, 0), dtype: 'int32' as const },
    };
    const noise = (t: Tensors) => ({ clock: t.clock as tf.Tensor1D, key: streamKey(6, 'noise') });
    return compare(
      bayesian,
      (t) => lrtDense(t.x as tf.Tensor2D, t as never, noise(t), { relu, clamp }),
      1e-4,
    );
  });
});

describe('the other kernels', () => {
  it('softmax cross-entropy equals the composition', () => {
    const labels = { shape: [6], values: Float32Array.of(0, 9, 3, 3, 5, 7), dtype: 'int32' as const };
    return compare({ logits: normal('z', [6, 10], 3), labels }, (t) => {
      const { loss } = softmaxCrossEntropy(t.logits as tf.Tensor2D, t.labels as tf.Tensor1D);
      return loss;
    });
  });

  it.each([0, 1e-2])('variational parameters equal the composition, clamp %d', (clamp) => {
    const arrays = { mu: normal('mu', [3, 401], 0.3), rho: normal('rho', [3, 401], 3) };
    return compare(arrays, ({ mu, rho }) => {
      const { variance, kl } = gaussianVariational(mu, rho, { priorSigma: 0.3, clamp });
      return [variance, kl];
    });
  });

  it('gathers images and labels as the composition', async () => {
    const images = Uint8Array.from({ length: 5 * 3072 }, (_, i) => (i * 7919) >> 3);
    const labels = Uint8Array.of(3, 1, 4, 1, 5);
    const results = [];
    for (const name of ['cpu', 'simd']) {
      await tf.setBackend(name);
      const indices = tf.tensor1d([4, 0, 2], 'int32');
      const source = { images, mean: [0.5, 0.4, 0.3] as const, std: [0.5, 0.2, 0.25] as const };
      results.push([gatherImages(indices, source).dataSync(), gatherLabels(indices, labels).dataSync()]);
    }
    expectClose(results[1][0] as Float32Array, results[0][0] as Float32Array, 'images', 1e-6);
    expect([...results[1][1]]).toEqual([...results[0][1]]);
  });

  it('gathers through every window as the composition, black where it leaves the image', async () => {
    const images = Uint8Array.from({ length: 5 * 3072 }, (_, i) => 1 + (((i * 7919) >> 3) % 255));
    // Every move of a crop, both ways round, and moves that leave nothing but black.
    const moves = Array.from({ length: 9 }, (_, i) => i - 4);
    const windows = moves.flatMap((down) =>
      moves.flatMap((right) => [
        [down, right, 0],
        [down, right, 1],
      ]),
    );
    windows.push([32, 0, 0], [0, -32, 1], [-32, 32, 0], [17, 31, 1]);
    const indices = Int32Array.from(windows, (_, i) => i % 5);
    const results = [];
    for (const name of ['cpu', 'simd']) {
      await tf.setBackend(name);
      const source = { images, mean: [0.5, 0.4, 0.3] as const, std: [0.5, 0.2, 0.25] as const };
      const transforms = tf.tensor1d(windows.flat(), 'int32');
      results.push(gatherImages(tf.tensor1d(indices), source, transforms).dataSync() as Float32Array);
    }
    expectClose(results[1], results[0], 'images', 1e-6);
  });

  it('gathers through a window that does nothing to the bits of a plain gather', async () => {
    await tf.setBackend('simd');
    const images = Uint8Array.from({ length: 3 * 3072 }, (_, i) => (i * 7919) >> 3);
    const source = { images, mean: [0.5, 0.4, 0.3] as const, std: [0.5, 0.2, 0.25] as const };
    const indices = tf.tensor1d([2, 0, 1, 1], 'int32');
    const plain = gatherImages(indices, source).dataSync();
    const windowed = gatherImages(indices, source, tf.zeros<tf.Rank.R1>([12], 'int32')).dataSync();
    expect(Buffer.compare(Buffer.from(windowed.buffer), Buffer.from(plain.buffer))).toBe(0);
  });

  it.each([1, 3, 4, 6, 17, 400])('updates %d weights by Adam as the composition', async (size) => {
    const trajectories = [];
    for (const name of ['cpu', 'simd']) {
      await tf.setBackend(name);
      const w = tf.variable(tf.tensor(normal('w', [size]).values));
      const [m, v] = [tf.variable(tf.zeros([size])), tf.variable(tf.zeros([size]))];
      for (let step = 0; step < 4; step++) {
        const g = tf.tensor(normal(`g${step}`, [size]).values);
        const rates = tf.tensor1d([0.1 / (1 - 0.9 ** (step + 1)), Math.sqrt(1 - 0.99 ** (step + 1)), 0.95]);
        adamUpdate([w], [g], { first: [m], second: [v] }, rates, { betas: [0.9, 0.99], eps: 1e-8, l2: 0.1 });
      }
      trajectories.push([w, m, v].map((tensor) => Float32Array.from(tensor.dataSync())));
    }
    const [cpu, simd] = trajectories;
    for (const [i, what] of ['weights', 'first moments', 'second moments'].entries())
      expectClose(simd[i], cpu[i], what);
  });

  it('updates by SGD as the composition', async () => {
    const trajectories = [];
    for (const name of ['cpu', 'simd']) {
      await tf.setBackend(name);
      const w = tf.variable(tf.tensor(normal('w', [17]).values));
      const v = tf.variable(tf.zeros([17]));
      for (let step = 0; step < 4; step++) {
        const g = tf.tensor(normal(`g${step}`, [17]).values);
        const options = {
          momentum: 0.9,
          dampening: 0.3,
          nesterov: false,
          weightDecay: 0.01,
          first: step === 0,
        };
        sgdUpdate([w], [g], [v], tf.scalar(0.1), options);
      }
      trajectories.push(Float32Array.from(w.dataSync()));
    }
    expectClose(trajectories[1], trajectories[0], 'weights');
  });

  it('gives the same bits with one thread as with two', async () => {
    const x = normal('x', [19, 14, 14, 6]);
    const filter = normal('w', [5, 5, 6, 16], 0.2);
    const options = { stride: 1, padding: 0, dilation: 1, relu: true, pool: true };
    const op: Op = (t) => convReluPool(t.x as tf.Tensor4D, t.filter as tf.Tensor4D, undefined, options);
    const two = await evaluate('simd', { x, filter }, op);
    await startSimd(1, false);
    const one = await evaluate('simd', { x, filter }, op);
    for (const [what, values] of Object.entries(two))
      expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(one[what].buffer)), what).toBe(0);
  });
});
