import { tf } from '../backends/tfjs.js';
import { hasKernel, runKernel, thunks } from './kernel.js';
import { type Density, LOG_ROOT_TWO_PI, logDensity } from './log-density.js';
import { logSoftplus, softplus } from './softplus.js';
import { type WeightNoise, weightEpsilon, weightNoiseInputs } from './weight-noise.js';

/*
 * Divergences of a factorised Gaussian q = N(mu, softplus(rho)^2) from priors other than a fixed Gaussian, in nats,
 * summed over the elements. `gaussianVariational` has the fixed Gaussian's.
 */

/**
 * log q(w) - log p(w) at w = mu + sigma epsilon: an unbiased one-draw estimate of KL(q || p), differentiable through w.
 * At 'mean', w = mu with its own slope only: the notebook's log q(mu) - log p(mu), which is no KL.
 * @param rho shaped as mu
 * @throws BayescnnError 'failure' when a given epsilon has another shape
 */
export function sampledKl(
  mu: tf.Tensor,
  rho: tf.Tensor,
  density: Density,
  noise: WeightNoise | 'mean',
): tf.Scalar {
  if (hasKernel('SampledKl')) {
    const { inputs, attributes } = weightNoiseInputs(noise);
    return runKernel('SampledKl', { mu, rho, ...inputs }, { ...attributes, density })[0] as tf.Scalar;
  }
  const epsilon = noise === 'mean' ? tf.zerosLike(mu) : weightEpsilon('sampledKl', noise, mu.shape);
  // (w - mu) / sigma is epsilon itself: no division, and the exact gradient of the reparameterised log q.
  const squares = tf.mul(tf.sum(tf.square(epsilon)), -0.5);
  const logSigma = tf.sum(logSoftplus(rho));
  const logQ = tf.sub(squares, tf.add(logSigma, mu.size * LOG_ROOT_TWO_PI));
  const w = noise === 'mean' ? mu : tf.add(mu, tf.mul(softplus(rho), epsilon));
  return tf.sub(logQ, logDensity(w, density));
}

/** Standard deviations from zero beyond which everything is saturated; their square must not overflow. */
const FAR = 1e4;

/**
 * KL(q || Laplace(0, scale)) in closed form. With the folded normal's mean (Leone, Nelson and Nottingham 1961)
 * E|w| = sigma sqrt(2 / pi) exp(-z^2) + mu erf(z), z = mu / (sigma sqrt(2)), an element has
 * E|w| / scale + log(2 scale) - log sigma - log(2 pi e) / 2.
 */
export function laplaceKl(mu: tf.Tensor, rho: tf.Tensor, scale: number): tf.Scalar {
  if (hasKernel('LaplaceKl')) return runKernel('LaplaceKl', { mu, rho }, { scale })[0] as tf.Scalar;
  const spread = tf.sum(foldedMean(mu, softplus(rho), scale));
  return tf.add(tf.sub(spread, tf.sum(logSoftplus(rho))), mu.size * laplaceOffset(scale));
}

/** The constant of an element of `laplaceKl`. */
export function laplaceOffset(scale: number): number {
  return Math.log(2 * scale) - LOG_ROOT_TWO_PI - 0.5;
}

/** E|w| / scale, with its gradients erf(z) / scale and sqrt(2 / pi) exp(-z^2) / scale: autodiff would cancel terms. */
function foldedMean(mu: tf.Tensor, sigma: tf.Tensor, scale: number): tf.Tensor {
  const custom = tf.customGrad((m, s, save) => {
    const [mean, deviation] = [m as tf.Tensor, s as tf.Tensor];
    const z = tf.clipByValue(tf.div(tf.mul(mean, Math.SQRT1_2), deviation), -FAR, FAR);
    const tilt = tf.div(tf.erf(z), scale);
    const bell = tf.mul(tf.exp(tf.neg(tf.square(z))), Math.sqrt(2 / Math.PI) / scale);
    (save as tf.GradSaveFunc)([tilt, bell]);
    return {
      value: tf.add(tf.mul(deviation, bell), tf.mul(mean, tilt)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved.map((slope) => tf.mul(dy, slope)),
    };
  });
  return custom(mu, sigma);
}

/** A divergence and the prior's standard deviation behind it. */
export interface EmpiricalKl {
  readonly kl: tf.Scalar;
  /** No gradient. */
  readonly priorSigma: tf.Scalar;
}

/**
 * KL(q || N(0, p^2)) with the p that makes it smallest, p^2 = mean(sigma^2 + mu^2) (empirical Bayes): n log p - sum log sigma.
 * The gradient is that at a fixed p, because p is optimal (the envelope theorem).
 */
export function empiricalKl(mu: tf.Tensor, rho: tf.Tensor): EmpiricalKl {
  if (hasKernel('EmpiricalKl')) {
    const [kl, , , priorSigma] = runKernel('EmpiricalKl', { mu, rho }, {});
    return { kl: kl as tf.Scalar, priorSigma: priorSigma as tf.Scalar };
  }
  const variance = tf.mean(tf.add(tf.square(softplus(rho)), tf.square(mu)));
  const kl = tf.sub(tf.mul(tf.log(variance), 0.5 * mu.size), tf.sum(logSoftplus(rho)));
  return { kl: kl as tf.Scalar, priorSigma: tf.sqrt(variance) as tf.Scalar };
}

/** Each kernel gives [kl, dKl / dMu, dKl / dRho, ...]: its gradient is two products. */
for (const kernelName of ['SampledKl', 'LaplaceKl', 'EmpiricalKl']) {
  tf.registerGradient({
    kernelName,
    inputsToSave: [],
    outputsToSave: kernelName === 'EmpiricalKl' ? [false, true, true, false] : [false, true, true],
    gradFunc: (dys, saved) => {
      const [dKl] = dys as tf.Tensor[];
      return thunks({ mu: () => tf.mul(dKl, saved[0]), rho: () => tf.mul(dKl, saved[1]) });
    },
  });
}
