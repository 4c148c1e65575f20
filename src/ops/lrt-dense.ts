import { tf } from '../backends/tfjs.js';
import { checkDense } from './dense.js';
import {
  type Attributes,
  differentiating,
  type GradientMap,
  hasKernel,
  runKernel,
  thunks,
} from './kernel.js';
import { checkWeights, type GaussianWeights } from './lrt-conv-relu-pool.js';
import { addBias, clampedSquare, reparameterize } from './moments.js';
import { checkNoise, epsilonOf, type Noise, noiseInputs, partRows } from './noise.js';

const NAME = 'LrtDense';
/** The same forward pass where no gradient follows; it alone knows several samples an image. */
const INFERENCE = 'LrtDenseInference';

/**
 * A Bayesian dense layer by local reparameterization: mean = x mu + biasMu,
 * variance = max(x^2, clamp) sigma^2 + biasVariance, out = mean + sqrt(variance) * epsilon, then a ReLU where asked.
 * @param x [B, I] @param weights [I, O] @param noise epsilon is [B, O] @param options clamp 0: none
 * @returns [B, O]; `noise.repeat` rows for each of x
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function lrtDense(
  x: tf.Tensor2D,
  weights: GaussianWeights<tf.Rank.R2>,
  noise: Noise,
  options: { readonly relu: boolean; readonly clamp: number },
): tf.Tensor2D {
  const { mu, variance, biasMu, biasVariance } = weights;
  checkDense('lrtDense', x, mu);
  checkWeights('lrtDense', weights);
  const shape = [x.shape[0], mu.shape[1]];
  checkNoise('lrtDense', noise, shape);
  return tf.tidy(() => {
    const { inputs, attributes } = noiseInputs(noise);
    const kernel = differentiating() ? NAME : INFERENCE;
    if (hasKernel(kernel) && (kernel === INFERENCE || attributes.samples === 1)) {
      return runKernel(
        kernel,
        { x, mu, variance, biasMu, biasVariance, ...inputs },
        { ...options, ...attributes, hasBias: biasMu !== undefined },
      )[0] as tf.Tensor2D;
    }
    const mean = addBias(tf.matMul<tf.Tensor2D>(x, mu), biasMu);
    const spread = addBias(tf.matMul<tf.Tensor2D>(clampedSquare(x, options.clamp), variance), biasVariance);
    const y = reparameterize(partRows(mean, noise), partRows(spread, noise), epsilonOf(noise, shape));
    return options.relu ? tf.relu(y) : y;
  });
}

/** The fused kernel's gradient: dy of [y, c], saved [x, mu, variance, y, c]. */
function gradient(dys: tf.Tensor[], saved: tf.Tensor[], attributes: Attributes): GradientMap {
  const [dy] = dys;
  const [x, mu, variance, y, c] = saved;
  // Not inside the thunk: each thunk has a tidy of its own, which would dispose the others' shares.
  const [dMu, dVariance, dBiasMu, dBiasVariance] = runKernel(
    'LrtDenseGradKernel',
    { dy, x, y, c },
    attributes,
  );
  return thunks({
    mu: dMu,
    variance: dVariance,
    biasMu: dBiasMu,
    biasVariance: dBiasVariance,
    x: () => runKernel('LrtDenseGradInput', { dy, x, mu, variance, y, c }, attributes)[0],
  });
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['x', 'mu', 'variance'],
  outputsToSave: [true, true],
  gradFunc: (dy, saved, attributes) =>
    gradient(dy as tf.Tensor[], saved, attributes as unknown as Attributes),
});
