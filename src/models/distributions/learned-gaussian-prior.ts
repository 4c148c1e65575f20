import type { tf } from '../../backends/tfjs.js';
import { empiricalKl } from '../../ops/prior-kl.js';
import type { Prior } from './prior.js';

/**
 * N(0, p^2) with a p of its own for every weight tensor and every bias, at each step the one that makes the KL
 * smallest, p^2 = mean(sigma^2 + mu^2): empirical Bayes in closed form, so that nothing has to be trained or kept.
 */
export class LearnedGaussianPrior implements Prior {
  readonly density = undefined;

  kl(mu: tf.Tensor, rho: tf.Tensor): tf.Scalar {
    return empiricalKl(mu, rho).kl;
  }

  /** The prior's standard deviation for a posterior. */
  sigmaFor(mu: tf.Tensor, rho: tf.Tensor): tf.Scalar {
    return empiricalKl(mu, rho).priorSigma;
  }
}
