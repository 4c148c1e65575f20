import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import { checkTensor } from './check-tensors.js';
import { activate, convolve } from './conv-composition.js';
import { type ConvOptions, convOutputShape } from './conv-options.js';
import {
  type Attributes,
  differentiating,
  type GradientMap,
  hasKernel,
  runKernel,
  thunks,
} from './kernel.js';
import { addBias, clampedSquare, reparameterize } from './moments.js';
import { checkNoise, epsilonOf, type Noise, noiseInputs, partRows } from './noise.js';

const NAME = 'LrtConvReluPool';
/** The same forward pass where no gradient follows; it alone knows several samples an image. */
const INFERENCE = 'LrtConvReluPoolInference';

/** Mean and variance of a layer's weights under the posterior; the biases go together or not at all. */
export interface GaussianWeights<R extends tf.Rank> {
  readonly mu: tf.Tensor<R>;
  /** sigma^2, same shape. */
  readonly variance: tf.Tensor<R>;
  readonly biasMu?: tf.Tensor1D | undefined;
  readonly biasVariance?: tf.Tensor1D | undefined;
}

/** A convolution whose x^2 is clamped from below by `clamp` (0: not at all), before zero padding. */
export interface LrtConvOptions extends ConvOptions {
  readonly clamp: number;
}

/**
 * A Bayesian convolution by local reparameterization: mean = conv(x, mu) + biasMu,
 * variance = conv(max(x^2, clamp), sigma^2) + biasVariance, out = mean + sqrt(variance) * epsilon;
 * then ReLU and a 2x2 max-pool where the options ask for them.
 * @param x [B, H, W, C] @param weights [K, K, C, O] @param noise epsilon is [B, OH, OW, O], before the pool;
 * where samples part (`noise.repeat`) it and the output have `repeat` rows for each of x
 * @returns [B, OH, OW, O], halved by the pool
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function lrtConvReluPool(
  x: tf.Tensor4D,
  weights: GaussianWeights<tf.Rank.R4>,
  noise: Noise,
  options: LrtConvOptions,
): tf.Tensor4D {
  const shape = convOutputShape('lrtConvReluPool', x, weights.mu, options);
  const { mu, variance, biasMu, biasVariance } = weights;
  checkTensor('lrtConvReluPool', 'x', x, x.shape);
  checkWeights('lrtConvReluPool', weights);
  checkNoise('lrtConvReluPool', noise, shape);
  return tf.tidy(() => {
    const { inputs, attributes } = noiseInputs(noise);
    const kernel = differentiating() ? NAME : INFERENCE;
    if (hasKernel(kernel) && (kernel === INFERENCE || attributes.samples === 1)) {
      return runKernel(
        kernel,
        { x, mu, variance, biasMu, biasVariance, ...inputs },
        { ...options, ...attributes, hasBias: biasMu !== undefined },
      )[0] as tf.Tensor4D;
    }
    const mean = addBias(convolve(x, mu, options), biasMu);
    const spread = addBias(convolve(clampedSquare(x, options.clamp), variance, options), biasVariance);
    const parts = [partRows(mean, noise), partRows(spread, noise)] as const;
    return activate(reparameterize(...parts, epsilonOf(noise, shape)), options);
  });
}

/**
 * That the parts of a posterior fit each other; a layer's outputs are the last axis.
 * @throws BayescnnError 'failure' when they do not
 */
export function checkWeights<R extends tf.Rank>(where: string, weights: GaussianWeights<R>): void {
  const { mu, variance, biasMu, biasVariance } = weights;
  const outputs = mu.shape.slice(-1);
  checkTensor(where, 'mu', mu, mu.shape);
  checkTensor(where, 'variance', variance, mu.shape);
  checkTensor(where, 'biasMu', biasMu, outputs);
  checkTensor(where, 'biasVariance', biasVariance, outputs);
  if ((biasMu === undefined) === (biasVariance === undefined)) return;
  const [given, missing] = biasMu === undefined ? ['biasVariance', 'biasMu'] : ['biasMu', 'biasVariance'];
  throw new BayescnnError('failure', `${where}: biasMu and biasVariance go together, got ${given} alone`, {
    hint: `give ${missing} too, or neither`,
  });
}

/** The fused kernel's gradient: dy of [y, taps, c], saved [x, mu, variance, y, taps, c]. */
function gradient(dys: tf.Tensor[], saved: tf.Tensor[], attributes: Attributes): GradientMap {
  const [dy] = dys;
  const [x, mu, variance, y, taps, c] = saved;
  // Not inside the thunk: each thunk has a tidy of its own, which would dispose the others' shares.
  const [dMu, dVariance, dBiasMu, dBiasVariance] = runKernel(
    'LrtConvReluPoolGradFilter',
    { dy, x, y, taps, c },
    { ...attributes, filterShape: mu.shape },
  );
  return thunks({
    mu: dMu,
    variance: dVariance,
    biasMu: dBiasMu,
    biasVariance: dBiasVariance,
    x: () => runKernel('LrtConvReluPoolGradInput', { dy, x, mu, variance, y, taps, c }, attributes)[0],
  });
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['x', 'mu', 'variance'],
  outputsToSave: [true, true, true],
  gradFunc: (dy, saved, attributes) =>
    gradient(dy as tf.Tensor[], saved, attributes as unknown as Attributes),
});
