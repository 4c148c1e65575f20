import { tf } from '../../src/backends/tfjs.js';
import {
  batchNorm,
  type ConvOptions,
  convReluPool,
  dense,
  dropout,
  empiricalKl,
  flipoutConvReluPool,
  flipoutSum,
  flipSigns,
  gaussianVariational,
  globalAveragePool,
  laplaceKl,
  lrtConvReluPool,
  lrtDense,
  overlappingPool,
  sampledKl,
  sampleWeights,
  softmaxCrossEntropy,
  softplusActivation,
} from '../../src/ops/index.js';
import { streamKey } from '../../src/rng.js';
import { type Arrays, normal, type Op, type Tensors } from './compare.js';

const conv: ConvOptions = { stride: 1, padding: 2, dilation: 1, relu: true, pool: true };
const key = streamKey(5, 'parity');
const ints = (values: number[]): Arrays[string] => ({
  shape: [values.length],
  values: Float32Array.from(values),
  dtype: 'int32',
});
/** Step 3, sample 1, first image 7. */
const clock = ints([3, 1, 7, 0]);
const at = (t: Tensors) => ({ clock: t.clock as tf.Tensor1D, key });
const maps = normal('x', [2, 8, 8, 3]);
const filter = normal('filter', [5, 5, 3, 6], 0.2);
const weights = { mu: normal('mu', [7, 5], 0.5), rho: normal('rho', [7, 5]) };

// biome-ignore lint/suspicious/noExplicitAny: each case knows the ranks of its own tensors
type Any = Record<string, any>;

function normalized(t: Any, training: boolean): tf.Tensor {
  const running = (value: number) => tf.variable(tf.fill([8], value) as tf.Tensor1D, false);
  const state = { scale: t.scale, shift: t.shift, runningMean: running(0.1), runningVariance: running(2) };
  return batchNorm(t.x, state, { training, relu: true, epsilon: 1e-5, momentum: 0.1 }, t.shortcut);
}
const channels = { x: normal('x', [3, 4, 4, 8]), scale: normal('scale', [8]), shift: normal('shift', [8]) };

/** Every op of the networks, with its inputs; its integers have no gradient. */
export const CASES: Record<string, [Arrays, (t: Any) => ReturnType<Op>]> = {
  'convolution, ReLU, pool': [
    { x: maps, filter, bias: normal('bias', [6]) },
    (t) => convReluPool(t.x, t.filter, t.bias, conv),
  ],
  'convolution, stride and dilation': [
    { x: maps, filter: normal('filter', [3, 3, 3, 4], 0.2) },
    (t) =>
      convReluPool(t.x, t.filter, undefined, {
        ...{ stride: 2, padding: 1, dilation: 2 },
        ...{ relu: false, pool: false },
      }),
  ],
  'convolution 3x3 of 16 channels': [
    { x: normal('x', [1, 8, 8, 16]), filter: normal('filter', [3, 3, 16, 16], 0.1) },
    (t) =>
      convReluPool(t.x, t.filter, undefined, {
        ...{ stride: 1, padding: 1, dilation: 1 },
        ...{ relu: false, pool: false },
      }),
  ],
  'LRT convolution': [
    { x: maps, mu: filter, variance: normal('variance', [5, 5, 3, 6], 0.1, true), clock },
    (t) => lrtConvReluPool(t.x, { mu: t.mu, variance: t.variance }, at(t), { ...conv, clamp: 1e-4 }),
  ],
  dense: [
    { x: normal('x', [3, 7]), kernel: normal('kernel', [7, 5]), bias: normal('bias', [5]) },
    (t) => dense(t.x, t.kernel, t.bias, { relu: true }),
  ],
  'LRT dense': [
    {
      x: normal('x', [3, 7]),
      mu: normal('mu', [7, 5]),
      variance: normal('variance', [7, 5], 0.1, true),
      biasMu: normal('bias', [5]),
      biasVariance: normal('bias variance', [5], 0.1, true),
      clock,
    },
    ({ x, clock: _, ...t }) => lrtDense(x, t as never, at({ clock: _ }), { relu: true, clamp: 0 }),
  ],
  'weights drawn': [{ ...weights, clock }, (t) => sampleWeights(t.mu, t.rho, at(t))],
  'weights drawn for one image': [
    { ...weights, clock },
    (t) => sampleWeights(t.mu, t.rho, { ...at(t), image: 2 }),
  ],
  'random signs': [{ x: normal('x', [3, 2, 2, 5]), clock }, (t) => flipSigns(t.x, at(t))],
  'flipout sum': [
    { mean: normal('mean', [2, 4, 4, 5]), delta: normal('delta', [2, 4, 4, 5]), clock },
    (t) => flipoutSum(t.mean, t.delta, at(t), { relu: true, pool: true }),
  ],
  'flipout convolution': [
    {
      ...{ x: maps, mu: filter, delta: normal('delta', [5, 5, 3, 6], 0.1), clock },
      ...{ biasMu: normal('bias', [6]), biasDelta: normal('bias delta', [6]) },
    },
    ({ x, clock: _, ...t }) => {
      const outputs = at({ clock: _ });
      return flipoutConvReluPool(
        x,
        t as never,
        { inputs: { ...outputs, key: streamKey(6, 'parity') }, outputs },
        conv,
      );
    },
  ],
  'KL, Gaussian prior': [
    weights,
    (t) => {
      const { variance, kl } = gaussianVariational(t.mu, t.rho, { priorSigma: 0.5, clamp: 0 });
      return [variance, kl];
    },
  ],
  'KL, Laplace prior': [weights, (t) => laplaceKl(t.mu, t.rho, 0.5)],
  'KL, learned prior': [weights, (t) => empiricalKl(t.mu, t.rho).kl],
  'KL, sampled, scale mixture': [
    { ...weights, clock },
    (t) => sampledKl(t.mu, t.rho, { kind: 'scale-mixture', pi: 0.5, sigma1: 1, sigma2: 0.01 }, at(t)),
  ],
  'softmax and cross-entropy': [
    { logits: normal('logits', [4, 10], 3), labels: ints([3, 0, 9, 3]) },
    (t) => softmaxCrossEntropy(t.logits, t.labels).loss,
  ],
  softplus: [{ x: normal('x', [2, 5, 5, 6], 8) }, (t) => softplusActivation(t.x)],
  dropout: [{ x: normal('x', [3, 5, 4, 3]), clock }, (t) => dropout(t.x, { ...at(t), rate: 0.4 })],
  'overlapping pool': [{ x: normal('x', [2, 7, 7, 6]) }, (t) => overlappingPool(t.x)],
  'average pool': [{ x: normal('x', [3, 4, 4, 8]) }, (t) => globalAveragePool(t.x)],
  'batch norm in training, with shortcut': [
    { ...channels, shortcut: normal('shortcut', [3, 8, 8, 8]) },
    (t) => normalized(t, true),
  ],
  'batch norm in evaluation': [channels, (t) => normalized(t, false)],
};
