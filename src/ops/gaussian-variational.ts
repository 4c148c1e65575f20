import { tf } from '../backends/tfjs.js';
import { checkTensor } from './check-tensors.js';
import { type Attributes, type GradientMap, hasKernel, runKernel, thunks } from './kernel.js';
import { logSoftplus, softplus } from './softplus.js';

const NAME = 'GaussianVariational';

/** What an op needs of q = N(mu, softplus(rho)^2), worked out once a step. */
export interface Variational<T extends tf.Tensor> {
  /** max(softplus(rho)^2, clamp), shaped as rho; no gradient where the clamp is active. */
  readonly variance: T;
  /** KL(q || N(0, priorSigma^2)) in nats, with the unclamped sigma. */
  readonly kl: tf.Scalar;
}

/** The prior's standard deviation, and the floor of sigma^2 (0: none). */
export interface VariationalOptions {
  readonly priorSigma: number;
  readonly clamp: number;
}

/**
 * Variance and KL of a factorised Gaussian against a zero-mean Gaussian prior:
 * sum of log(p / s) + (s^2 + mu^2) / (2 p^2) - 1/2, with s = softplus(rho).
 * @param mu any shape @param rho same shape
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function gaussianVariational<T extends tf.Tensor>(
  mu: T,
  rho: T,
  options: VariationalOptions,
): Variational<T> {
  checkTensor('gaussianVariational', 'mu', mu, mu.shape);
  checkTensor('gaussianVariational', 'rho', rho, mu.shape);
  const [variance, kl] = tf.tidy(() => {
    // The third output, the slope of sigma, is for the gradient alone.
    if (hasKernel(NAME)) return runKernel(NAME, { mu, rho }, { ...options }).slice(0, 2);
    const squared = tf.square(softplus(rho));
    const clamped = options.clamp === 0 ? squared : tf.maximum(squared, options.clamp);
    return [clamped, closedForm(mu, rho, squared, options.priorSigma)];
  });
  return { variance: variance as T, kl: kl as tf.Scalar };
}

function closedForm(mu: tf.Tensor, rho: tf.Tensor, variance: tf.Tensor, priorSigma: number): tf.Scalar {
  const scaled = tf.mul(tf.add(variance, tf.square(mu)), 1 / (2 * priorSigma * priorSigma));
  const each = tf.add(tf.sub(scaled, logSoftplus(rho)), Math.log(priorSigma) - 0.5);
  return tf.sum(each) as tf.Scalar;
}

/** The fused kernel's gradient: dy of [variance, kl, slope], saved [mu, rho, variance, slope]. */
function gradient(dys: tf.Tensor[], saved: tf.Tensor[], attributes: Attributes): GradientMap {
  const [dVariance, dKl] = dys;
  const [mu, rho, variance, slope] = saved;
  const [dMu, dRho] = runKernel(
    'GaussianVariationalGrad',
    { dVariance, dKl, mu, rho, slope, variance },
    attributes,
  );
  return thunks({ mu: dMu, rho: dRho });
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['mu', 'rho'],
  outputsToSave: [true, false, true],
  gradFunc: (dy, saved, attributes) =>
    gradient(dy as tf.Tensor[], saved, attributes as unknown as Attributes),
});
