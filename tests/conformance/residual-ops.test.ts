import { beforeAll, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { batchNorm, convReluPool, globalAveragePool } from '../../src/ops/index.js';
import { Stream, streamKey } from '../../src/rng.js';

/** The kernels of residual networks against the compositions of standard ops on `cpu`, with one thread and with three. */
interface Case {
  run: () => tf.Tensor[];
  /** Of each tensor's largest element. */
  within: number;
}
type Values = Float32Array;

function normal(name: string, shape: number[], mean = 0): tf.Tensor {
  const stream = new Stream(streamKey(2, name));
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => mean + stream.normal()),
    shape,
  );
}

function convolution(x: number[], outputs: number, stride: number): Case {
  const options = { stride, padding: 1, dilation: 1, relu: false, pool: false };
  const op = (...[image, weights]: tf.Tensor[]) =>
    convReluPool(image as tf.Tensor4D, weights as tf.Tensor4D, undefined, options);
  const run = () => {
    const inputs = [normal('x', x), normal('filter', [3, 3, x[3], outputs])];
    const y = op(...inputs);
    const dy = normal('dy', y.shape);
    return [y, ...tf.grads((...tensors: tf.Tensor[]) => tf.sum(tf.mul(op(...tensors), dy)))(inputs)];
  };
  return { run, within: 3e-5 };
}

function running(channels: number) {
  return {
    runningMean: tf.variable(normal('mean', [channels]) as tf.Tensor1D, false),
    runningVariance: tf.variable(tf.square(normal('variance', [channels])) as tf.Tensor1D, false),
  };
}

/** Values, gradients and running statistics in training, then values and running statistics in evaluation. */
function normalisation(x: number[], relu: boolean, shortcut?: number[]): Case {
  const options = { relu, epsilon: 1e-5, momentum: 0.1 };
  const channels = x[3];
  const op = (training: boolean, statistics: ReturnType<typeof running>, tensors: tf.Tensor[]) => {
    const [maps, scale, shift, added] = tensors as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor4D?];
    return batchNorm(maps, { scale, shift, ...statistics }, { ...options, training }, added);
  };
  const run = () => {
    const vectors = [normal('scale', [channels]), normal('shift', [channels])];
    const inputs = [normal('x', x, 3), ...vectors, ...(shortcut ? [normal('shortcut', shortcut)] : [])];
    const dy = normal('dy', x);
    const loss = (...tensors: tf.Tensor[]) => tf.sum(tf.mul(op(true, running(channels), tensors), dy));
    const statistics = running(channels);
    const outputs = [op(true, statistics, inputs), ...tf.grads(loss)(inputs)];
    const kept = () => Object.values(statistics).map((variable) => tf.tensor(variable.dataSync().slice()));
    return [...outputs, ...kept(), op(false, statistics, inputs), ...kept()];
  };
  return { run, within: 3e-6 };
}

function average(shape: number[]): Case {
  const op = (maps: tf.Tensor) => globalAveragePool(maps as tf.Tensor4D);
  const run = () => {
    const x = normal('x', shape);
    return [op(x), tf.grad((maps: tf.Tensor) => tf.sum(tf.square(op(maps))))(x)];
  };
  return { run, within: 1e-6 };
}

const CASES: Record<string, Case> = {
  '3x3 convolution, 16 to 16 channels': convolution([19, 8, 8, 16], 16, 1),
  '3x3 convolution, 32 to 16 channels': convolution([3, 4, 12, 32], 16, 1),
  '3x3 convolution, 64 to 32 channels': convolution([5, 4, 4, 64], 32, 1),
  '3x3 convolution of images': convolution([2, 8, 8, 3], 64, 1),
  '3x3 convolution, 16 to 32 channels, stride 2': convolution([18, 8, 8, 16], 32, 2),
  '3x3 convolution, 32 to 64 channels, stride 2': convolution([3, 6, 16, 32], 64, 2),
  'batch normalisation with ReLU': normalisation([5, 4, 4, 16], true),
  'batch normalisation without ReLU': normalisation([3, 4, 5, 8], false),
  'batch normalisation with a shortcut': normalisation([5, 3, 4, 32], true, [5, 3, 4, 32]),
  'batch normalisation with a shortcut that halves': normalisation([3, 4, 2, 32], true, [3, 8, 4, 16]),
  'batch normalisation of odd channels': normalisation([3, 4, 2, 7], true, [3, 8, 4, 5]),
  'global average': average([3, 8, 8, 64]),
  'global average of odd channels': average([2, 3, 5, 7]),
};

describe('on simd', () => {
  const results = new Map<string, Record<string, Values[]>>();

  beforeAll(async () => {
    await loadTfjs();
    for (const engine of ['cpu', 1, 3] as const) {
      if (typeof engine === 'number') await startSimd(engine, false);
      else await tf.setBackend(engine);
      for (const [name, { run }] of Object.entries(CASES)) {
        const values = tf.tidy(() => run().map((tensor) => tensor.dataSync() as Float32Array));
        results.set(name, { ...results.get(name), [engine]: values });
      }
    }
  }, 300_000);

  it.each(Object.entries(CASES))('%s is as on cpu, whatever the threads', (name, { within }) => {
    const { cpu: wanted, 1: got, 3: threaded } = results.get(name) as Record<string, Values[]>;
    expect(got).toHaveLength(wanted.length);
    for (const [i, values] of wanted.entries()) {
      expect(got[i]).toHaveLength(values.length);
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(scale, `tensor ${i}`).toBeGreaterThan(0);
      let worst = 0;
      for (const [k, value] of values.entries()) {
        const distance = Math.abs(got[i][k] - value);
        if (!(distance <= worst)) worst = distance;
      }
      expect(worst / scale, `tensor ${i}`).toBeLessThan(within);
    }
    expect(threaded).toEqual(got);
  });

  it('batch normalisation refuses what does not fit', () => {
    const of = (size: number) => tf.ones([size]) as tf.Tensor1D;
    const state = (size: number) => ({ scale: of(size), shift: of(size), ...running(size) });
    const options = { training: true, relu: true, epsilon: 1e-5, momentum: 0.1 };
    const x = tf.ones([2, 2, 2, 8]) as tf.Tensor4D;
    expect(() => batchNorm(x, state(4), options)).toThrow(/scale must be float32 \[8\]/);
    expect(() => batchNorm(tf.ones([1, 1, 1, 8]), state(8), options)).toThrow(
      /more than one value a channel/,
    );
    for (const shape of [
      [2, 2, 2, 16],
      [1, 2, 2, 8],
      [2, 3, 3, 8],
      [2, 4, 2, 8],
    ] as const)
      expect(() => batchNorm(x, state(8), options, tf.ones([...shape]))).toThrow(/a shortcut to/);
  });
});
