import { tf } from '../../backends/tfjs.js';
import { LOG_ROOT_TWO_PI } from '../../ops/log-density.js';
import { logSoftplus, softplus } from '../../ops/softplus.js';
import type { WeightNoise } from '../../ops/weight-noise.js';
import type { Prior } from './prior.js';

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
    const squares = tf.mul(tf.sum(tf.square(standardised)), -0.5);
    const logSigma = tf.sum(logSoftplus(this.rho));
    return tf.sub(squares, tf.add(logSigma, this.mu.size * LOG_ROOT_TWO_PI));
  }

  /** KL(q || prior), nats; differentiable. @param noise for priors whose KL is estimated from a draw */
  kl(prior: Prior, noise: () => WeightNoise): tf.Scalar {
    return prior.kl(this.mu, this.rho, noise);
  }
}
