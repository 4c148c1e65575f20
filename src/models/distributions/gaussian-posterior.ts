import { tf } from '../../backends/tfjs.js';
import { gaussianVariational } from '../../ops/gaussian-variational.js';
import { type Clock, standardNormal } from '../../ops/noise.js';
import { logSoftplus, softplus } from '../../ops/softplus.js';
import type { StreamKey } from '../../rng.js';
import { LOG_ROOT_TWO_PI, type Prior } from './prior.js';

/**
 * The factorised Gaussian q(w) = N(mu, softplus(rho)^2). Nothing is cached:
 * every answer is fresh after an update of mu or rho.
 */
export class GaussianPosterior<T extends tf.Tensor = tf.Tensor> {
  constructor(
    readonly mu: T,
    readonly rho: T,
  ) {}

  /** The standard deviation, shaped as rho. */
  sigma(): T {
    return softplus(this.rho);
  }

  /** A reparameterised draw mu + sigma epsilon. @param epsilon shaped as mu */
  rsample(epsilon: tf.Tensor): T {
    return tf.add(this.mu, tf.mul(this.sigma(), epsilon)) as T;
  }

  /** log q(w) summed over the elements, nats; differentiable in w, mu and rho. */
  logProb(w: tf.Tensor): tf.Scalar {
    const standardised = tf.div(tf.sub(w, this.mu), this.sigma());
    return this.logDensity(tf.sum(tf.square(standardised)) as tf.Scalar);
  }

  /** KL(q || N(0, priorSigma^2)) in closed form, nats. */
  kl(priorSigma: number): tf.Scalar {
    return gaussianVariational(this.mu, this.rho, { priorSigma, clamp: 0 }).kl;
  }

  /**
   * An unbiased one-draw estimate of KL(q || prior) for priors without a closed form:
   * log q(w) - log p(w) at w = mu + sigma epsilon, differentiable through w.
   * @param epsilon shaped as mu
   */
  sampledKl(prior: Prior, epsilon: tf.Tensor): tf.Scalar {
    // (w - mu) / sigma is epsilon itself: no division, and the exact gradient of the reparameterised log q.
    const logQ = this.logDensity(tf.sum(tf.square(epsilon)) as tf.Scalar);
    return tf.sub(logQ, prior.logProb(this.rsample(epsilon)));
  }

  /** log q from the sum of squared standardised deviations. */
  private logDensity(squares: tf.Scalar): tf.Scalar {
    const logSigma = tf.sum(logSoftplus(this.rho));
    return tf.sub(tf.mul(squares, -0.5), tf.add(logSigma, this.mu.size * LOG_ROOT_TWO_PI));
  }
}

/**
 * Noise for weights: it depends on step and sample alone, because one draw of
 * the weights serves every image of a step, however the batch is split.
 * @param shape the weights' shape @param clock int32 [4] = [step, sample, firstImage, 0]
 */
export function weightNoise(shape: readonly number[], clock: Clock, key: StreamKey): tf.Tensor {
  return tf.tidy(() => {
    const withoutImage = tf.mul(clock, tf.tensor1d([1, 1, 0, 0], 'int32')) as Clock;
    const size = shape.reduce((product, length) => product * length, 1);
    return tf.reshape(standardNormal([1, size], withoutImage, key), [...shape]);
  });
}

/** `sampledKl` with noise drawn at (clock, key). */
export function sampledKl(
  posterior: GaussianPosterior,
  prior: Prior,
  clock: Clock,
  key: StreamKey,
): tf.Scalar {
  return posterior.sampledKl(prior, weightNoise(posterior.mu.shape, clock, key));
}
