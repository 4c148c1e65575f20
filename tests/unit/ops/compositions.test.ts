import { beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, tf } from '../../../src/backends/tfjs.js';
import {
  convReluPool,
  dense,
  gaussianVariational,
  lrtConvReluPool,
  lrtDense,
  softmaxCrossEntropy,
} from '../../../src/ops/index.js';
import { Stream, streamKey } from '../../../src/rng.js';

beforeAll(async () => {
  await loadTfjs();
  await tf.setBackend('cpu');
});

function normal(name: string, shape: number[], scale = 1): tf.Tensor {
  const stream = new Stream(streamKey(3, name));
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => scale * stream.normal()),
    shape,
  );
}

type Loss = (...inputs: tf.Tensor[]) => tf.Scalar;

/**
 * The gradient along a random direction against a central difference. Steps of 1e-3 in float32 leave
 * an error near 1e-7 / 1e-3 of the loss and 1e-6 of its third derivative.
 */
function checkDirections(loss: Loss, inputs: tf.Tensor[]): void {
  const gradients = tf.grads(loss)(inputs);
  inputs.forEach((input, i) => {
    const direction = normal(`direction ${i}`, input.shape);
    const step = 2e-3;
    const at = (t: number) => {
      const moved = inputs.map((x, k) => (k === i ? tf.add(x, tf.mul(direction, t)) : x));
      return loss(...moved).dataSync()[0];
    };
    const difference = (at(step) - at(-step)) / (2 * step);
    const slope = tf.sum(tf.mul(gradients[i], direction)).dataSync()[0];
    const scale = Math.max(Math.abs(slope), Math.abs(difference), 1);
    expect(Math.abs(slope - difference) / scale, `input ${i}: ${slope} for ${difference}`).toBeLessThan(5e-3);
    expect(tf.norm(gradients[i]).dataSync()[0], `input ${i}: no gradient`).toBeGreaterThan(0);
  });
}

/** A smooth function of the output, so that every element matters. */
function reduce(y: tf.Tensor): tf.Scalar {
  return tf.sum(tf.mul(y, normal('cotangent', y.shape, 0.3))) as tf.Scalar;
}

const CONVS = [
  { stride: 1, padding: 0, dilation: 1 },
  { stride: 2, padding: 1, dilation: 1 },
  { stride: 1, padding: 2, dilation: 2 },
  { stride: 3, padding: 2, dilation: 2 },
];

describe('compositions have the gradient of their own values', () => {
  it.each(CONVS)('convolution, %o', (geometry) => {
    const options = { ...geometry, relu: false, pool: false };
    const f: Loss = (x, filter, bias) =>
      reduce(convReluPool(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, options));
    checkDirections(f, [normal('x', [2, 9, 8, 2]), normal('filter', [3, 3, 2, 3]), normal('bias', [3])]);
  });

  it.each(CONVS)('LRT convolution, %o', (geometry) => {
    const options = { ...geometry, relu: false, pool: false, clamp: 0 };
    const f: Loss = (x, mu, rho, biasMu, biasRho) => {
      const { variance } = gaussianVariational(mu as tf.Tensor4D, rho as tf.Tensor4D, {
        priorSigma: 1,
        clamp: 0,
      });
      const bias = gaussianVariational(biasMu as tf.Tensor1D, biasRho as tf.Tensor1D, {
        priorSigma: 1,
        clamp: 0,
      });
      const weights = {
        mu: mu as tf.Tensor4D,
        variance,
        biasMu: biasMu as tf.Tensor1D,
        biasVariance: bias.variance,
      };
      const noise = { clock: tf.tensor1d([1, 0, 0, 0], 'int32'), key: streamKey(1, 'noise/x') };
      return reduce(lrtConvReluPool(x as tf.Tensor4D, weights, noise, options));
    };
    const filter = [3, 3, 2, 3];
    const inputs = [normal('x', [2, 9, 8, 2]), normal('mu', filter), normal('rho', filter)];
    checkDirections(f, [...inputs, normal('bias', [3]), normal('biasRho', [3])]);
  });

  it('LRT dense', () => {
    const f: Loss = (x, mu, variance) => {
      const noise = { epsilon: normal('epsilon', [4, 3]) };
      const weights = { mu: mu as tf.Tensor2D, variance: tf.square(variance) as tf.Tensor2D };
      return reduce(lrtDense(x as tf.Tensor2D, weights, noise, { relu: false, clamp: 0 }));
    };
    checkDirections(f, [normal('x', [4, 5]), normal('mu', [5, 3]), normal('variance', [5, 3])]);
  });

  it('dense', () => {
    const f: Loss = (x, kernel, bias) =>
      reduce(dense(x as tf.Tensor2D, kernel as tf.Tensor2D, bias as tf.Tensor1D, { relu: false }));
    checkDirections(f, [normal('x', [4, 5]), normal('kernel', [5, 3]), normal('bias', [3])]);
  });

  it('variance and KL together', () => {
    const f: Loss = (mu, rho) => {
      const { variance, kl } = gaussianVariational(mu, rho, { priorSigma: 0.5, clamp: 0 });
      return tf.add(tf.mul(kl, 0.1), reduce(variance));
    };
    checkDirections(f, [normal('mu', [7]), normal('rho', [7])]);
  });

  it('softmax cross-entropy', () => {
    const labels = tf.tensor1d([0, 2, 1], 'int32');
    const f: Loss = (logits) => tf.mul(softmaxCrossEntropy(logits as tf.Tensor2D, labels).loss, 3);
    checkDirections(f, [normal('logits', [3, 4])]);
  });
});

describe('ReLU and pooling', () => {
  it('a pooled block equals ReLU and pooling of the plain one, an odd row dropped', () => {
    const [x, filter] = [
      normal('x', [2, 8, 7, 2]) as tf.Tensor4D,
      normal('filter', [2, 2, 2, 3]) as tf.Tensor4D,
    ];
    const options = { stride: 1, padding: 0, dilation: 1, relu: false, pool: false };
    const plain = convReluPool(x, filter, undefined, options).arraySync();
    const pooled = convReluPool(x, filter, undefined, { ...options, relu: true, pool: true });
    expect(pooled.shape).toEqual([2, 3, 3, 3]);
    const window = (b: number, i: number, j: number, o: number) =>
      [0, 1].flatMap((di) => [0, 1].map((dj) => plain[b][2 * i + di][2 * j + dj][o]));
    const wanted = pooled
      .arraySync()
      .map((rows, b) =>
        rows.map((cells, i) =>
          cells.map((values, j) => values.map((_, o) => Math.max(0, ...window(b, i, j, o)))),
        ),
      );
    expect(pooled.arraySync()).toEqual(wanted);
  });
});

describe('the LRT square root', () => {
  it('neither output nor gradient is NaN where the variance is zero', () => {
    const weights = { mu: tf.ones<tf.Rank.R2>([3, 2]), variance: tf.ones<tf.Rank.R2>([3, 2]) };
    const noise = { epsilon: tf.ones([1, 2]) };
    const f = (x: tf.Tensor) => tf.sum(lrtDense(x as tf.Tensor2D, weights, noise, { relu: false, clamp: 0 }));
    const { value, grad } = tf.valueAndGrad(f)(tf.zeros([1, 3]));
    expect(value.dataSync()[0]).toBeCloseTo(0, 6);
    expect([...grad.dataSync()]).toEqual([2, 2, 2]);
  });

  it('an active clamp stops the gradient of rho and adds its variance', () => {
    const [mu, rho] = [tf.tensor1d([0, 0]), tf.tensor1d([-10, 1])];
    const options = { priorSigma: 1, clamp: 1e-4 };
    const { value, grad } = tf.valueAndGrad((r) => tf.sum(gaussianVariational(mu, r, options).variance))(rho);
    expect(value.dataSync()[0]).toBeCloseTo(1e-4 + Math.log1p(Math.E) ** 2, 5);
    expect(grad.dataSync()[0]).toBe(0);
    expect(grad.dataSync()[1]).toBeGreaterThan(0);
  });
});

describe('messages', () => {
  it('name the op and the shapes', () => {
    const options = { stride: 1, padding: 0, dilation: 1, relu: true, pool: true };
    const x = tf.zeros<tf.Rank.R4>([1, 4, 4, 2]);
    expect(() => convReluPool(x, tf.zeros([3, 3, 3, 1]), undefined, options)).toThrow(
      /convReluPool: x's channels/,
    );
    expect(() => convReluPool(x, tf.zeros([4, 4, 2, 1]), undefined, options)).toThrow(
      /at least 2 x 2 cells, got 1 x 1/,
    );
    expect(() => dense(tf.zeros([1, 3]), tf.zeros([4, 2]), undefined, { relu: false })).toThrow(
      /kernel's 4 rows/,
    );
    const wrong = () => softmaxCrossEntropy(tf.zeros([2, 3]), tf.tensor1d([1], 'int32'));
    expect(wrong).toThrow(/labels must be int32 \[2\], got int32 \[1\]/);
    const weights = { mu: tf.zeros<tf.Rank.R2>([3, 2]), variance: tf.zeros<tf.Rank.R2>([3, 2]) };
    const noisy = () =>
      lrtDense(tf.zeros([1, 3]), weights, { epsilon: tf.zeros([2, 2]) }, { relu: false, clamp: 0 });
    expect(noisy).toThrow(/lrtDense: epsilon must be float32 \[1,2\], got float32 \[2,2\]/);
  });
});
