import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import {
  batchNorm,
  convReluPool,
  dense,
  gaussianVariational,
  lrtConvReluPool,
  lrtDense,
  softmaxCrossEntropy,
} from '../../src/ops/index.js';
import { Stream, streamKey } from '../../src/rng.js';

/** Each fused kernel's gradient against central differences of that kernel's own forward pass. */
interface Input {
  shape: number[];
  values: Float32Array;
}
type Inputs = Record<string, Input>;
// biome-ignore lint/suspicious/noExplicitAny: each case knows the ranks of its own tensors
type Op = (inputs: Record<string, any>) => tf.Tensor[];

beforeAll(async () => {
  await loadTfjs();
  await startSimd(2, false);
});
afterAll(() => tf.removeBackend('simd'));

/** Step in the inputs, a power of two: float32 holds x + h well, and rounding stays below 1e-4 of f. */
const STEP = 2 ** -6;
/** Of a gradient's largest element: rounding and the differences' own error. */
const TOLERANCE = 2e-3;
/** Share of each input's elements that must be smooth enough to compare. */
const LEAST_SMOOTH = 0.6;

function normal(name: string, shape: number[], scale = 1): Input {
  const stream = new Stream(streamKey(2, name));
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, values: Float32Array.from({ length: size }, () => scale * stream.normal()) };
}

/** Values in [0.3, 0.7], far from zero in steps. */
function positive(name: string, shape: number[]): Input {
  const stream = new Stream(streamKey(2, name));
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, values: Float32Array.from({ length: size }, () => 0.3 + 0.4 * stream.uniform()) };
}

/** sum(cotangent * output) over all outputs, added up in float64. */
function objective(inputs: Inputs, op: Op, cotangents: Float32Array[]): number {
  return tf.tidy(() => {
    const tensors = Object.entries(inputs).map(
      ([name, { shape, values }]) => [name, tf.tensor(values.slice(), shape)] as const,
    );
    let sum = 0;
    for (const [i, output] of op(Object.fromEntries(tensors)).entries())
      for (const [j, value] of (output.dataSync() as Float32Array).entries()) sum += cotangents[i][j] * value;
    return sum;
  });
}

function gradients(inputs: Inputs, op: Op, cotangents: Float32Array[]): Record<string, Float32Array> {
  return tf.tidy(() => {
    const names = Object.keys(inputs);
    const loss = (...tensors: tf.Tensor[]) => {
      const outputs = op(Object.fromEntries(names.map((name, i) => [name, tensors[i]])));
      const terms = outputs.map((output, i) =>
        tf.sum(tf.mul(output, tf.tensor(cotangents[i], output.shape))),
      );
      return tf.addN(terms) as tf.Scalar;
    };
    const grads = tf.grads(loss)(names.map((name) => tf.tensor(inputs[name].values, inputs[name].shape)));
    return Object.fromEntries(names.map((name, i) => [name, grads[i].dataSync() as Float32Array]));
  });
}

function check(inputs: Inputs, op: Op): void {
  const cotangents = tf.tidy(() => {
    const tensors = Object.entries(inputs).map(([name, { shape, values }]) => [
      name,
      tf.tensor(values, shape),
    ]);
    return op(Object.fromEntries(tensors)).map(({ shape }, i) => normal(`cotangent ${i}`, shape).values);
  });
  const analytic = gradients(inputs, op, cotangents);

  const middle = objective(inputs, op, cotangents);
  for (const [name, { shape, values }] of Object.entries(inputs)) {
    /** Slopes to the right and to the left of element i; float32 rounds both ends, so they make the step. */
    const slopes = (i: number, step: number) => {
      const slope = (value: number) => {
        const moved = values.slice();
        moved[i] = value;
        const there = objective({ ...inputs, [name]: { shape, values: moved } }, op, cotangents);
        return (there - middle) / (moved[i] - values[i]);
      };
      return [slope(values[i] + step), slope(values[i] - step)];
    };
    const scale = analytic[name].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    let smooth = 0;
    for (let i = 0; i < values.length; i++) {
      const numeric = derivative(slopes(i, STEP), slopes(i, STEP / 2), TOLERANCE * scale);
      if (numeric === undefined) continue;
      smooth++;
      const message = `${name}[${i}]: gradient ${analytic[name][i]}, difference ${numeric}`;
      expect(Math.abs(analytic[name][i] - numeric) / scale, message).toBeLessThan(TOLERANCE);
    }
    expect(smooth, `smooth elements of ${name}`).toBeGreaterThanOrEqual(LEAST_SMOOTH * values.length);
  }
}

/**
 * The derivative from one-sided slopes at a step and at half of it; undefined where ReLU, pool or clamp has
 * a kink within the step. It never looks at the gradient under test.
 */
function derivative(whole: number[], half: number[], tolerance: number): number | undefined {
  const central = ([right, left]: number[]) => (right + left) / 2;
  const jump = ([right, left]: number[]) => Math.abs(right - left);
  // Where f is smooth, the central slopes agree and the jump halves with the step.
  if (Math.abs(central(whole) - central(half)) > tolerance) return undefined;
  if (jump(half) > tolerance && jump(half) > 0.75 * jump(whole)) return undefined;
  // Richardson's extrapolation: the error in h^2 cancels.
  return (4 * central(half) - central(whole)) / 3;
}

const clock = () => tf.tensor1d([3, 1, 20, 0], 'int32');
const noise = () => ({ clock: clock(), key: streamKey(8, 'noise') });

describe.each([
  { name: 'plain', x: [2, 5, 6, 3], filter: [3, 3, 3, 5] },
  { name: 'with ReLU', x: [2, 5, 5, 2], filter: [3, 3, 2, 9], relu: true },
  { name: 'with pool', x: [2, 6, 7, 2], filter: [2, 2, 2, 4], pool: true },
  { name: 'with ReLU and pool, 16 channels', x: [3, 6, 6, 2], filter: [3, 3, 2, 16], relu: true, pool: true },
  { name: 'with six channels of three', x: [1, 9, 9, 3], filter: [5, 5, 3, 6], relu: true, pool: true },
  { name: 'with stride and padding', x: [2, 6, 5, 2], filter: [3, 3, 2, 3], stride: 2, padding: 1 },
  { name: 'with dilation', x: [1, 7, 7, 2], filter: [3, 2, 2, 3], dilation: 2, padding: 1, relu: true },
])('convolution $name', ({ name, x, filter, ...rest }) => {
  const options = { stride: 1, padding: 0, dilation: 1, relu: false, pool: false, ...rest };
  const image = normal(`x ${name}`, x);
  const bias = normal('bias', [filter[3]]);

  it('ConvReluPool', () => {
    const inputs = { x: image, filter: normal(`w ${name}`, filter, 0.5), bias };
    check(inputs, (t) => [convReluPool(t.x, t.filter, t.bias, options)]);
  });

  it.each([0, 0.2])('LrtConvReluPool, clamp %d', (clamp) => {
    const inputs = {
      x: image,
      mu: normal(`w ${name}`, filter, 0.5),
      variance: positive('variance', filter),
      biasMu: bias,
      biasVariance: positive('bias variance', [filter[3]]),
    };
    check(inputs, (t) => [
      lrtConvReluPool(
        t.x,
        { mu: t.mu, variance: t.variance, biasMu: t.biasMu, biasVariance: t.biasVariance },
        noise(),
        {
          ...options,
          clamp,
        },
      ),
    ]);
  });
});

it.each([
  { name: '3x3', x: [2, 4, 4, 2], stride: 1 },
  { name: '3x3 with stride 2', x: [1, 4, 8, 16], stride: 2 },
])('plain convolution $name', ({ name, x, stride }) => {
  const options = { stride, padding: 1, dilation: 1, relu: false, pool: false };
  const filter = normal(`w ${name}`, [3, 3, x[3], 16], 0.5);
  // Of the many weights with stride 2 the input's gradient is a sum over all.
  const inputs: Inputs = stride === 1 ? { filter } : { x: normal(`x ${name}`, x) };
  const fixed = { x: normal(`x ${name}`, x), filter };
  check(inputs, (t) => {
    const of = (key: 'x' | 'filter') => t[key] ?? tf.tensor(fixed[key].values, fixed[key].shape);
    return [convReluPool(of('x'), of('filter'), undefined, options)];
  });
});

it.each([{ shortcut: [2, 2, 3, 8] }, { shortcut: [2, 4, 6, 8] }, {}])(
  'batch normalisation %j',
  ({ shortcut }) => {
    const inputs = {
      x: normal('x', [2, 2, 3, 8]),
      scale: normal('scale', [8]),
      shift: normal('shift', [8]),
      ...(shortcut && { shortcut: normal('shortcut', shortcut) }),
    };
    check(inputs, ({ x, scale, shift, shortcut: added }) => {
      const fresh = () => tf.variable(tf.ones<tf.Rank.R1>([8]), false);
      const state = { scale, shift, runningMean: fresh(), runningVariance: fresh() };
      const y = batchNorm(x, state, { training: true, relu: true, epsilon: 1e-5, momentum: 0.1 }, added);
      tf.dispose([state.runningMean, state.runningVariance]);
      return [y];
    });
  },
);

describe.each([
  [4, 7, 5, false],
  [3, 9, 10, true],
  [1, 1, 1, false],
  [9, 6, 17, true],
] as const)('dense, %i images, %i to %i, ReLU: %s', (images, inputs, outputs, relu) => {
  const x = normal('x', [images, inputs]);
  const bias = normal('bias', [outputs]);

  it('Dense', () => {
    const kernel = normal('kernel', [inputs, outputs], 0.5);
    check({ x, kernel, bias }, (t) => [dense(t.x, t.kernel, t.bias, { relu })]);
  });

  it.each([0, 0.2])('LrtDense, clamp %d', (clamp) => {
    const given = {
      x,
      mu: normal('kernel', [inputs, outputs], 0.5),
      variance: positive('variance', [inputs, outputs]),
      biasMu: bias,
      biasVariance: positive('bias variance', [outputs]),
    };
    check(given, (t) => [
      lrtDense(
        t.x,
        { mu: t.mu, variance: t.variance, biasMu: t.biasMu, biasVariance: t.biasVariance },
        noise(),
        {
          relu,
          clamp,
        },
      ),
    ]);
  });

  it('LrtDense without bias, epsilon given', () => {
    const given = {
      x,
      mu: normal('kernel', [inputs, outputs], 0.5),
      variance: positive('variance', [inputs, outputs]),
    };
    const { values, shape } = normal('epsilon', [images, outputs]);
    check(given, (t) => [
      lrtDense(
        t.x,
        { mu: t.mu, variance: t.variance },
        { epsilon: tf.tensor(values, shape) },
        { relu, clamp: 0.2 },
      ),
    ]);
  });
});

describe('the other kernels', () => {
  it('SoftmaxCrossEntropy', () => {
    check({ logits: normal('logits', [6, 10], 2) }, (t) => [
      softmaxCrossEntropy(t.logits, tf.tensor1d([0, 9, 4, 4, 1, 7], 'int32')).loss,
    ]);
  });

  it.each([0, 0.3])('GaussianVariational: variance and KL, clamp %d', (clamp) => {
    const inputs = { mu: normal('mu', [5, 7], 0.4), rho: normal('rho', [5, 7]) };
    check(inputs, ({ mu, rho }) => {
      const { variance, kl } = gaussianVariational(mu as tf.Tensor, rho as tf.Tensor, {
        priorSigma: 0.7,
        clamp,
      });
      return [variance, kl];
    });
  });
});
