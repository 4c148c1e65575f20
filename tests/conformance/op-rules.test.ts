import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SimdBackend } from '../../src/backends/simd/index.js';
import { tf } from '../../src/backends/tfjs.js';
import { BayescnnError } from '../../src/errors.js';
import {
  adamUpdate,
  type ConvOptions,
  convReluPool,
  dense,
  empiricalKl,
  flipoutConvReluPool,
  flipoutSum,
  flipSigns,
  gatherImages,
  gatherLabels,
  gaussianVariational,
  laplaceKl,
  lrtConvReluPool,
  lrtDense,
  sampledKl,
  sampleWeights,
  sgdUpdate,
  softmaxCrossEntropy,
} from '../../src/ops/index.js';
import { Stream, streamKey } from '../../src/rng.js';
import { engines, useEngine } from './engines.js';
import { bitsOf } from './training.js';

/** What TF.js's own ops promise and our fused ones must keep: autodiff's rules, memory, refusals. */
interface Case {
  /** Shapes of the float32 inputs; the first begins with the batch. */
  shapes: Record<string, number[]>;
  /** Tensors that `run` makes besides its outputs: its clock, its labels. */
  made?: number;
  /** Its second derivative is right, too. */
  twice?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: each case knows the ranks of its own tensors
  run(inputs: Record<string, any>): tf.Tensor[];
}

const conv: ConvOptions = { stride: 1, padding: 0, dilation: 1, relu: true, pool: true };
const key = streamKey(5, 'noise');
const BATCH = 3;

/** Where the noise stands; disposed of by the tidy around. */
const noise = () => ({ clock: tf.tensor1d([3, 0, 0, 0], 'int32'), key });

const cases: Record<string, Case> = {
  convReluPool: {
    shapes: { x: [BATCH, 8, 8, 3], filter: [3, 3, 3, 5], bias: [5] },
    run: ({ x, filter, bias }) => [convReluPool(x, filter, bias, conv)],
  },
  lrtConvReluPool: {
    shapes: {
      x: [BATCH, 8, 8, 3],
      mu: [3, 3, 3, 5],
      variance: [3, 3, 3, 5],
      biasMu: [5],
      biasVariance: [5],
    },
    made: 1,
    run: ({ x, ...weights }) => [lrtConvReluPool(x, weights as never, noise(), { ...conv, clamp: 0 })],
  },
  dense: {
    shapes: { x: [BATCH, 7], kernel: [7, 5], bias: [5] },
    run: ({ x, kernel, bias }) => [dense(x, kernel, bias, { relu: true })],
  },
  lrtDense: {
    shapes: { x: [BATCH, 7], mu: [7, 5], variance: [7, 5], biasMu: [5], biasVariance: [5] },
    made: 1,
    run: ({ x, ...weights }) => [lrtDense(x, weights as never, noise(), { relu: true, clamp: 0 })],
  },
  softmaxCrossEntropy: {
    shapes: { logits: [BATCH, 5] },
    made: 3,
    run: ({ logits }) => {
      const labels = tf.tensor1d(
        Array.from({ length: logits.shape[0] }, (_, i) => (2 * i) % 5),
        'int32',
      );
      return [softmaxCrossEntropy(logits, labels).loss];
    },
  },
  gaussianVariational: {
    shapes: { mu: [4, 5], rho: [4, 5] },
    run: (inputs) => {
      const { variance, kl } = gaussianVariational(inputs.mu, inputs.rho, { priorSigma: 0.5, clamp: 0 });
      return [variance, kl];
    },
  },
  sampleWeights: {
    shapes: { rho: [4, 5], mu: [4, 5] },
    made: 1,
    run: ({ mu, rho }) => [sampleWeights(mu, rho, noise())],
  },
  'sampledKl of a mixture': {
    shapes: { mu: [4, 5], rho: [4, 5] },
    made: 1,
    run: ({ mu, rho }) => [
      sampledKl(mu, rho, { kind: 'scale-mixture', pi: 0.5, sigma1: 1, sigma2: 0.3 }, noise()),
    ],
  },
  'sampledKl at the mean': {
    shapes: { mu: [4, 5], rho: [4, 5] },
    run: ({ mu, rho }) => [sampledKl(mu, rho, { kind: 'laplace', scale: 0.5 }, 'mean')],
  },
  laplaceKl: {
    shapes: { mu: [4, 5], rho: [4, 5] },
    run: ({ mu, rho }) => [laplaceKl(mu, rho, 0.5)],
  },
  empiricalKl: {
    shapes: { mu: [4, 5], rho: [4, 5] },
    run: ({ mu, rho }) => {
      const { kl, priorSigma } = empiricalKl(mu, rho);
      priorSigma.dispose();
      return [kl];
    },
  },
  flipSigns: {
    shapes: { x: [BATCH, 4, 4, 3] },
    made: 1,
    twice: true,
    run: ({ x }) => [flipSigns(x, noise())],
  },
  flipoutSum: {
    shapes: { mean: [BATCH, 4, 4, 3], delta: [BATCH, 4, 4, 3] },
    made: 1,
    run: ({ mean, delta }) => [flipoutSum(mean, delta, noise(), { relu: true, pool: true })],
  },
  flipoutConvReluPool: {
    shapes: { x: [BATCH, 8, 8, 2], mu: [3, 3, 2, 3], delta: [3, 3, 2, 3], biasMu: [3], biasDelta: [3] },
    made: 2,
    run: ({ x, ...weights }) => [
      flipoutConvReluPool(x, weights as never, { inputs: noise(), outputs: noise() }, conv),
    ],
  },
};

/** Positive values, which suit variances as well. */
function inputsOf({ shapes }: Case, change?: (values: Float32Array, name: string) => void): tf.Tensor[] {
  return Object.entries(shapes).map(([name, shape]) => {
    const stream = new Stream(streamKey(6, name));
    const size = shape.reduce((product, n) => product * n, 1);
    const values = Float32Array.from({ length: size }, () => 0.1 + stream.uniform());
    change?.(values, name);
    return tf.tensor(values, shape);
  });
}

function named({ shapes }: Case, tensors: tf.Tensor[]): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.keys(shapes).map((name, i) => [name, tensors[i]]));
}

/** A scalar of all outputs whose gradient differs from element to element. */
function objective(given: Case, tensors: tf.Tensor[]): tf.Scalar {
  const terms = given.run(named(given, tensors)).map((output) => tf.sum(tf.square(output)));
  return tf.addN(terms) as tf.Scalar;
}

type Change = (tensor: tf.Tensor) => tf.Tensor;

/** The bits of all gradients, the inputs passed through `change` first. */
function gradientBits(given: Case, change: Change = (tensor) => tensor): string[] {
  return tf.tidy(() => {
    const gradients = tf.grads((...tensors) => objective(given, tensors.map(change)));
    return gradients(inputsOf(given)).map((gradient) => bitsOf(gradient.dataSync()));
  });
}

/** What is in use: tensors, data, the backend's own count, and the engine's memory where it has one. */
function inUse(): number[] {
  const { numTensors, numDataBuffers } = tf.memory();
  const { simd } = tf.backend() as Partial<SimdBackend>;
  return [numTensors, numDataBuffers, tf.backend().numDataIds(), simd?.heap.usedBytes ?? 0];
}

const hasNaN = (tensors: tf.Tensor[]) =>
  tensors.some((tensor) => (tensor.dataSync() as Float32Array).some(Number.isNaN));

describe.each(engines().filter((name) => name !== 'tensorflow'))('on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
    // TF.js then counts each kernel's tensors and throws where one is lost.
    tf.env().set('IS_TEST', true);
  });
  afterAll(() => tf.env().set('IS_TEST', false));

  describe.each(Object.keys(cases))('%s', (name) => {
    const given = cases[name];

    it('has the same gradients behind a reshape, a clone and a cast', () => {
      const plain = gradientBits(given);
      const reshaped = gradientBits(given, (t) => tf.reshape(tf.reshape(t, [-1]), t.shape));
      expect(reshaped).toEqual(plain);
      expect(gradientBits(given, (t) => tf.clone(t))).toEqual(plain);
      expect(gradientBits(given, (t) => tf.cast(t, 'float32'))).toEqual(plain);
      expect(new Set(plain).size).toBe(plain.length);
    });

    it('has the same gradients one by one', () => {
      const together = gradientBits(given);
      const alone = together.map((_, chosen) =>
        tf.tidy(() => {
          const inputs = inputsOf(given);
          const replaced = (t: tf.Tensor) => inputs.map((input, i) => (i === chosen ? t : input));
          return bitsOf(
            tf
              .grad((t) => objective(given, replaced(t)))(inputs[chosen])
              .dataSync(),
          );
        }),
      );
      expect(alone).toEqual(together);
    });

    it('leaves nothing behind but its outputs', () => {
      const inputs = inputsOf(given);
      gradientBits(given);
      const before = inUse();
      for (let i = 0; i < 3; i++) gradientBits(given);
      expect(inUse()).toEqual(before);
      // No tidy of the caller's: the op has its own. Its noise or labels are the caller's.
      const outside = tf.memory().numTensors;
      const outputs = given.run(named(given, inputs));
      expect(tf.memory().numTensors).toBe(outside + outputs.length + (given.made ?? 0));
      tf.dispose([inputs, outputs]);
    });

    if (engine === 'simd') {
      it('passes NaN on from every input', () => {
        for (const poisoned of Object.keys(given.shapes)) {
          const output = tf.tidy(() => {
            const inputs = inputsOf(given, (values, input) => {
              if (input === poisoned) values[1] = Number.NaN;
            });
            return hasNaN(given.run(named(given, inputs)));
          });
          expect(output, poisoned).toBe(true);
        }
      });

      it.skipIf(given.twice)('refuses a second derivative', () => {
        const second = () =>
          tf.tidy(() => {
            const [first, ...rest] = inputsOf(given);
            const inner = (t: tf.Tensor) => tf.grad((u) => objective(given, [u, ...rest]))(t);
            return tf.grad((t) => tf.sum(tf.square(inner(t))))(first);
          });
        expect(second).toThrow(/gradient function not found/);
      });
    }

    it('refuses integers, and shapes that do not fit', () => {
      for (const [i, input] of Object.keys(given.shapes).entries()) {
        const attempt = (change: Change) => () =>
          tf.tidy(() => {
            const tensors = inputsOf(given);
            tensors[i] = change(tensors[i]);
            return given.run(named(given, tensors)).map((output) => output.dataSync());
          });
        expect(
          attempt((t) => tf.cast(t, 'int32')),
          input,
        ).toThrow(BayescnnError);
        if (i > 0)
          expect(
            attempt((t) => tf.concat([t, t], -1)),
            input,
          ).toThrow(BayescnnError);
      }
    });

    // One input alone has the batch.
    const others = ['softmaxCrossEntropy', 'flipoutSum'];
    if (given.shapes[Object.keys(given.shapes)[0]][0] === BATCH && !others.includes(name)) {
      it('of no images has gradients of zeros', () => {
        const gradients = tf.tidy(() => {
          const [first, ...rest] = inputsOf(given);
          const inputs = [tf.zeros([0, ...first.shape.slice(1)]), ...rest];
          const all = tf.grads((...tensors) => objective(given, tensors))(inputs);
          return all.slice(1).map((gradient) => Array.from(gradient.dataSync()));
        });
        for (const gradient of gradients) expect(gradient.every((value) => value === 0)).toBe(true);
        expect(gradients.length).toBe(Object.keys(given.shapes).length - 1);
      });
    }
  });

  it('noise that does not fit is refused', () => {
    const attempt = (given: Parameters<typeof lrtDense>[2]) => () =>
      tf.tidy(() => {
        const mu = tf.ones<tf.Rank.R2>([7, 5]);
        return lrtDense(tf.ones([BATCH, 7]), { mu, variance: mu }, given, {
          relu: false,
          clamp: 0,
        }).dataSync();
      });
    expect(attempt({ epsilon: tf.zeros([BATCH, 4]) })).toThrow(/epsilon must be float32 \[3,5\]/);
    expect(attempt({ clock: tf.zeros([4]), key })).toThrow(/clock must be int32 \[4\]/);
    expect(attempt({ clock: tf.zeros([3], 'int32'), key })).toThrow(/clock must be int32 \[4\]/);
  });

  it('one of two bias moments is refused', () => {
    const mu = tf.ones<tf.Rank.R2>([7, 5]);
    const weights = { mu, variance: mu, biasMu: tf.zeros<tf.Rank.R1>([5]) };
    const attempt = () => lrtDense(tf.ones([BATCH, 7]), weights, noise(), { relu: false, clamp: 0 });
    expect(attempt).toThrow(/go together/);
  });

  it('an update of another shape is refused, and changes nothing', () => {
    const variable = tf.variable(tf.ones([4]));
    const options = { momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: true };
    const velocity = tf.variable(tf.zeros([4]));
    const attempt = (gradient: tf.Tensor) => () =>
      sgdUpdate([variable], [gradient], [velocity], tf.scalar(1), options);
    expect(attempt(tf.ones([5]))).toThrow(/gradient of .* must be float32 \[4\], got float32 \[5\]/);
    expect(attempt(tf.ones([4], 'int32'))).toThrow(/must be float32/);
    const moments = { first: [velocity], second: [velocity] };
    const adam = { betas: [0.9, 0.999] as const, eps: 1e-8, l2: 0 };
    const adamAttempt = (gradient: tf.Tensor) => () =>
      adamUpdate([variable], [gradient], moments, tf.tensor1d([1, 1, 1]), adam);
    expect(adamAttempt(tf.ones([5]))).toThrow(/gradient of .* must be float32 \[4\], got float32 \[5\]/);
    expect(adamAttempt(tf.ones([4], 'int32'))).toThrow(/must be float32/);
    expect(Array.from(variable.dataSync())).toEqual([1, 1, 1, 1]);
  });

  it('indices that are no integers are refused', () => {
    const images = { images: new Uint8Array(3072), mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const indices = tf.zeros<tf.Rank.R1>([2]);
    expect(() => gatherImages(indices, images)).toThrow(/indices must be int32 \[2\], got float32/);
    expect(() => gatherLabels(indices, images.images)).toThrow(/indices must be int32 \[2\], got float32/);
  });
});

describe('softmaxCrossEntropy on simd', () => {
  beforeAll(() => useEngine('simd'));

  it.each([-1, 5, 2 ** 30])('gives NaN for the label %i', (label) => {
    tf.tidy(() => {
      const logits = tf.zeros<tf.Rank.R2>([2, 5]);
      const loss = (z: tf.Tensor) =>
        softmaxCrossEntropy(z as tf.Tensor2D, tf.tensor1d([1, label], 'int32')).loss;
      const { value, grad } = tf.valueAndGrad(loss)(logits);
      expect(value.dataSync()[0]).toBeNaN();
      expect(hasNaN([tf.slice(grad, 1, 1)])).toBe(true);
      expect(hasNaN([tf.slice(grad, 0, 1)])).toBe(false);
    });
  });
});
