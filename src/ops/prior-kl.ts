import { tf } from '../backends/tfjs.js';
import { checkTensor } from './check-tensors.js';
import { hasKernel, runKernel, scaled, thunks } from './kernel.js';
import { type Density, LOG_ROOT_TWO_PI, logDensity } from './log-density.js';
import { logSoftplus, softplus } from './softplus.js';
import { checkWeightNoise, type WeightNoise, weightEpsilon, weightNoiseInputs } from './weight-noise.js';

/*
 * Divergences of a factorised Gaussian q = N(mu, softplus(rho)^2) from priors other than a fixed Gaussian, in nats,
 * summed over the elements. `gaussianVariational` has the fixed Gaussian's.
 */

/**
 * log q(w) - log p(w) at w = mu + sigma epsilon: an unbiased one-draw estimate of KL(q || p), differentiable through w.
 * At 'mean', w = mu with its own slope only: the notebook's log q(mu) - log p(mu), which is no KL.
 * @param rho shaped as mu
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function sampledKl(
  mu: tf.Tensor,
  rho: tf.Tensor,
  density: Density,
  noise: WeightNoise | 'mean',
): tf.Scalar {
  checkPair('sampledKl', mu, rho);
  checkWeightNoise('sampledKl', noise, mu.shape);
  return tf.tidy(() => {
    if (!hasKernel('SampledKl')) return composedKl(mu, rho, density, noise);
    const { inputs, attributes } = weightNoiseInputs(noise);
    return runKernel('SampledKl', { mu, rho, ...inputs }, { ...attributes, density })[0] as tf.Scalar;
  });
}

/** @throws BayescnnError 'failure' when rho is not like mu */
function checkPair(where: string, mu: tf.Tensor, rho: tf.Tensor): void {
  checkTensor(where, 'mu', mu, mu.shape);
  checkTensor(where, 'rho', rho, mu.shape);
}

function composedKl(mu: tf.Tensor, rho: tf.Tensor, density: Density, noise: WeightNoise | 'mean'): tf.Scalar {
  const epsilon = noise === 'mean' ? tf.zerosLike(mu) : weightEpsilon(noise, mu.shape);
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
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function laplaceKl(mu: tf.Tensor, rho: tf.Tensor, scale: number): tf.Scalar {
  checkPair('laplaceKl', mu, rho);
  return tf.tidy(() => {
    if (hasKernel('LaplaceKl')) return runKernel('LaplaceKl', { mu, rho }, { scale })[0] as tf.Scalar;
    const spread = tf.sum(foldedMean(mu, softplus(rho), scale));
    return tf.add(tf.sub(spread, tf.sum(logSoftplus(rho))), mu.size * laplaceOffset(scale));
  });
}

/** The constant of an element of `laplaceKl`. */
function laplaceOffset(scale: number): number {
  return Math.log(2 * scale) - LOG_ROOT_TWO_PI - 0.5;
}

/** erf(z) / scale and sqrt(2 / pi) exp(-z^2) / scale, z = mu / (sigma sqrt(2)): what E|w| / scale grows by with mu and sigma. */
function foldedSlopes(mu: tf.Tensor, sigma: tf.Tensor, scale: number): [tf.Tensor, tf.Tensor] {
  const z = tf.clipByValue(tf.div(tf.mul(mu, Math.SQRT1_2), sigma), -FAR, FAR);
  const bell = tf.mul(tf.exp(tf.neg(tf.square(z))), Math.sqrt(2 / Math.PI) / scale);
  return [tf.div(tf.erf(z), scale), bell];
}

/** E|w| / scale. Its gradients are given: autodiff would sum terms that cancel. */
function foldedMean(mu: tf.Tensor, sigma: tf.Tensor, scale: number): tf.Tensor {
  const custom = tf.customGrad((m, s, save) => {
    const [mean, deviation] = [m as tf.Tensor, s as tf.Tensor];
    (save as tf.GradSaveFunc)([mean, deviation]);
    const [tilt, bell] = foldedSlopes(mean, deviation, scale);
    return {
      value: tf.add(tf.mul(deviation, bell), tf.mul(mean, tilt)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        foldedSlopes(saved[0], saved[1], scale).map((slope) => tf.mul(dy, slope)),
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
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function empiricalKl(mu: tf.Tensor, rho: tf.Tensor): EmpiricalKl {
  checkPair('empiricalKl', mu, rho);
  const [kl, priorSigma] = tf.tidy(() => {
    if (hasKernel('EmpiricalKl')) {
      const [divergence, , , sigma] = runKernel('EmpiricalKl', { mu, rho }, {});
      return [divergence, sigma];
    }
    const variance = tf.mean(tf.add(tf.square(softplus(rho)), tf.square(mu)));
    // Element by element: two large sums would cancel, and their rounding stay.
    const divergence = tf.sum(tf.sub(tf.mul(tf.log(variance), 0.5), logSoftplus(rho)));
    return [divergence, tf.sqrt(variance)];
  });
  return { kl: kl as tf.Scalar, priorSigma: priorSigma as tf.Scalar };
}

/** Each kernel gives [kl, dKl / dMu, dKl / dRho, ...]: its gradient is two products. */
for (const kernelName of ['SampledKl', 'LaplaceKl', 'EmpiricalKl']) {
  tf.registerGradient({
    kernelName,
    inputsToSave: [],
    outputsToSave: kernelName === 'EmpiricalKl' ? [false, true, true, false] : [false, true, true],
    gradFunc: (dys, saved) => {
      const [dKl] = dys as tf.Tensor[];
      return thunks({ mu: () => scaled(dKl, saved[0]), rho: () => scaled(dKl, saved[1]) });
    },
  });
}
