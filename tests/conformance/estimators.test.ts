import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { ESTIMATORS, type Estimator, GaussianPrior } from '../../src/models/index.js';
import { BayesConvLayer } from '../../src/models/layers/bayes-conv.js';
import { BayesDenseLayer } from '../../src/models/layers/bayes-dense.js';
import { torchShape } from '../../src/models/layout.js';
import { importRecord } from '../../src/models/torch-record.js';
import { writeTensor } from '../../src/ops/index.js';
import { Stream, streamKey } from '../../src/rng.js';
import { relativeError, TOLERANCES } from './compare.js';
import { engines, useEngine } from './engines.js';

/** What theory says of an estimator's pre-activations, against 10,000 passes; fewer on engines that take longer. */
const passesOn = (engine: string): number => (engine === 'simd' ? 10_000 : 4000);
/** Two-sided, over some hundred comparisons of fixed draws: one in 10,000 sets of seeds would fail. */
const STANDARD_ERRORS = 5;

type Layer = BayesConvLayer | BayesDenseLayer;

/** Of the pre-activations: their means and variances, and what images 0 and 1 share under one draw of the weights. */
interface Moments {
  mean: number[];
  variance: number[];
  shared: number[];
}

function options(estimator: Estimator) {
  const posterior = { sigma: 0.1, clamp: 0, meanInit: 'uniform' as const };
  return { prior: new GaussianPrior(1), posterior, estimator, divergence: 'kl' as const, seed: 11 };
}

/** Standard deviations of its own for every weight, so that a mixed-up place shows. */
function spreadRho(layer: Layer): void {
  const stream = new Stream(streamKey(3, 'rho'));
  const record = layer.parameters.map(({ name, variable, layout }) => {
    const draw = () => (name.endsWith('_rho') ? -2 + 1.5 * stream.uniform() : stream.normal());
    const data = Float32Array.from({ length: variable.size }, draw);
    return [name, { shape: torchShape(layout), data }] as const;
  });
  importRecord('test', layer.parameters, Object.fromEntries(record));
}

/** A layer of either kind on x. */
function forward(layer: Layer, x: tf.Tensor, sample: boolean, clock: tf.Tensor1D): tf.Tensor {
  const run = { sample, clock };
  return layer instanceof BayesConvLayer
    ? layer.forward(x as tf.Tensor4D, layer.weights(clock), run)
    : layer.forward(x as tf.Tensor2D, layer.weights(clock), run);
}

function inputs(shape: number[]): tf.Tensor {
  const stream = new Stream(streamKey(4, `x${shape}`));
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => stream.normal()),
    shape,
  );
}

const KINDS = {
  convolution: (estimator: Estimator) =>
    new BayesConvLayer('layer', { inputs: 2, outputs: 3, kernel: 3, padding: 1 }, options(estimator)),
  dense: (estimator: Estimator) =>
    new BayesDenseLayer('layer', { inputs: 7, outputs: 5 }, options(estimator)),
};
const SHAPES = { convolution: [2, 4, 4, 2], dense: [2, 7] };

/** Means, variances, and covariances of image 0 with image 1, by the layer's own affine map of mu and sigma^2. */
function closedForm(kind: keyof typeof KINDS, layer: Layer, x: tf.Tensor): Moments {
  const [mu, rho, biasMu, biasRho] = layer.parameters.map(({ variable }) => variable as tf.Tensor);
  const squared = (r: tf.Tensor) => tf.square(tf.softplus(r));
  const affine = (at: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
    kind === 'dense'
      ? tf.add(tf.matMul(at as tf.Tensor2D, w as tf.Tensor2D), b)
      : tf.add(tf.conv2d(at as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), b);
  const half = (image: number) => tf.slice(x, [image, ...x.shape.slice(1).map(() => 0)], [1]);
  const of = (tensor: tf.Tensor) => [...tensor.dataSync()];
  // With shared weights and a shared bias, Cov(y0, y1) = sum of x0 x1 sigma^2 + sigma_b^2.
  return {
    mean: of(affine(x, mu, biasMu)),
    variance: of(affine(tf.square(x), squared(rho), squared(biasRho))),
    shared: of(affine(tf.mul(half(0), half(1)), squared(rho), squared(biasRho))),
  };
}

/** Mean, unbiased variance, and covariance of image 0 with image 1 at each place. */
function empirical(layer: Layer, x: tf.Tensor, passes: number) {
  const clock = tf.variable(tf.zeros<tf.Rank.R1>([4], 'int32'), false);
  const { size } = forward(layer, x, false, clock);
  const sum = new Float64Array(size);
  const squares = new Float64Array(size);
  const products = new Float64Array(size / 2);
  for (let pass = 0; pass < passes; pass++) {
    writeTensor(clock, Int32Array.of(pass, 1, 40, 0));
    const y = tf.tidy(() => forward(layer, x, true, clock).dataSync());
    for (let i = 0; i < size; i++) {
      sum[i] += y[i];
      squares[i] += y[i] * y[i];
    }
    for (let i = 0; i < size / 2; i++) products[i] += y[i] * y[i + size / 2];
  }
  const mean = sum.map((value) => value / passes);
  const variance = squares.map((value, i) => (value - passes * mean[i] ** 2) / (passes - 1));
  const covariance = products.map((value, i) => value / passes - mean[i] * mean[i + size / 2]);
  return { mean, variance, covariance };
}

for (const engine of engines()) {
  const passes = passesOn(engine);
  describe(`estimators on ${engine}`, () => {
    // One thread: the ops are tiny, and moments do not depend on threads.
    beforeAll(() => useEngine(engine, 1));
    afterAll(() => {
      if (engine === 'simd') tf.removeBackend('simd');
    });
    beforeEach(() => tf.engine().startScope());
    afterEach(() => tf.engine().endScope());

    describe.each(['convolution', 'dense'] as const)('%s', (kind) => {
      const drawing = ESTIMATORS.filter((name) => name !== 'mean');
      // So many small calls would take TensorFlow minutes: there, the passes must be those of `cpu` one by one.
      it.runIf(engine === 'tensorflow').each(drawing)('%s: every pass is that of cpu', async (estimator) => {
        const passesOf = async (name: string) => {
          await useEngine(name);
          const layer = KINDS[kind](estimator);
          spreadRho(layer);
          return Array.from({ length: 8 }, (_, pass) => {
            const clock = tf.tensor1d([pass, 1, 40, 0], 'int32');
            return forward(layer, inputs(SHAPES[kind]), true, clock).dataSync() as Float32Array;
          });
        };
        const [wanted, got] = [await passesOf('cpu'), await passesOf(engine)];
        for (const [pass, values] of wanted.entries())
          expect(relativeError(got[pass], values), `pass ${pass}`).toBeLessThan(
            TOLERANCES.tensorflow.forward,
          );
        expect(wanted[1]).not.toEqual(wanted[0]);
      });
      it.skipIf(engine === 'tensorflow').each(drawing)(
        '%s: mean, variance and covariance of images are the closed forms',
        (estimator) => {
          const layer = KINDS[kind](estimator);
          spreadRho(layer);
          const x = inputs(SHAPES[kind]);
          const theory = closedForm(kind, layer, x);
          const { mean, variance, covariance } = empirical(layer, x, passes);
          const half = covariance.length;
          for (const [i, v] of theory.variance.entries()) {
            const meanError = Math.abs(mean[i] - theory.mean[i]) / Math.sqrt(v / passes);
            expect(meanError, `mean ${i}`).toBeLessThan(STANDARD_ERRORS);
            // A pre-activation is Gaussian under each estimator, so its variance estimate has variance 2 v^2 / (n - 1).
            const varianceError = Math.abs(variance[i] - v) / (v * Math.sqrt(2 / (passes - 1)));
            expect(varianceError, `variance ${i}`).toBeLessThan(STANDARD_ERRORS);
          }
          const shared = estimator === 'weight-sampling';
          for (let i = 0; i < half; i++) {
            const wanted = shared ? theory.shared[i] : 0;
            // At most E[y0^2 y1^2] = 3 v0 v1, for signs of one Gaussian.
            const error = Math.sqrt((3 * theory.variance[i] * theory.variance[i + half]) / passes);
            expect(Math.abs(covariance[i] - wanted) / error, `covariance ${i}`).toBeLessThan(STANDARD_ERRORS);
          }
          // Else the test above would hold for weights drawn once, too.
          const telling = theory.shared.some(
            (c, i) => Math.abs(c) > 20 * Math.sqrt((theory.variance[i] * theory.variance[i + half]) / passes),
          );
          expect(telling).toBe(true);
        },
        120_000,
      );

      it('mean: the posterior means, whatever the clock', () => {
        const layer = KINDS[kind]('mean');
        spreadRho(layer);
        const x = inputs(SHAPES[kind]);
        const { mean } = closedForm(kind, layer, x);
        const clock = tf.tensor1d([3, 1, 0, 0], 'int32');
        const y = forward(layer, x, true, clock).dataSync();
        for (const [i, wanted] of mean.entries()) expect(y[i]).toBeCloseTo(wanted, 4);
      });
    });
  });
}
