import type { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import { gaussianVariational } from '../../ops/gaussian-variational.js';
import { type Density, logDensity } from '../../ops/log-density.js';
import type { Prior } from './prior.js';

/** N(0, sigma^2) for every weight; the KL is closed. */
export class GaussianPrior implements Prior {
  readonly density: Density;

  /** @throws BayescnnError 'config' when sigma is not a positive number */
  constructor(readonly sigma: number) {
    if (!(sigma > 0 && Number.isFinite(sigma))) {
      throw new BayescnnError('config', `GaussianPrior: sigma must be positive and finite, got ${sigma}`, {
        hint: 'try 0.1 or 1',
      });
    }
    this.density = { kind: 'gaussian', sigma };
  }

  /** log p(w) summed over w's elements, nats; differentiable. */
  logProb(w: tf.Tensor): tf.Scalar {
    return logDensity(w, this.density);
  }

  kl(mu: tf.Tensor, rho: tf.Tensor): tf.Scalar {
    return gaussianVariational(mu, rho, { priorSigma: this.sigma, clamp: 0 }).kl;
  }
}
