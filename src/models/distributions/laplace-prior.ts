import type { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import { type Density, logDensity } from '../../ops/log-density.js';
import { laplaceKl } from '../../ops/prior-kl.js';
import type { Prior } from './prior.js';

/** exp(-|w| / scale) / (2 scale) for every weight, standard deviation sqrt(2) scale; the KL is closed. */
export class LaplacePrior implements Prior {
  readonly density: Density;

  /** @throws BayescnnError 'config' when the scale is not a positive number */
  constructor(readonly scale: number) {
    if (!(scale > 0 && Number.isFinite(scale))) {
      throw new BayescnnError('config', `LaplacePrior: scale must be positive and finite, got ${scale}`, {
        hint: 'try 0.1 or 1',
      });
    }
    this.density = { kind: 'laplace', scale };
  }

  /** log p(w) summed over w's elements, nats; differentiable. */
  logProb(w: tf.Tensor): tf.Scalar {
    return logDensity(w, this.density);
  }

  kl(mu: tf.Tensor, rho: tf.Tensor): tf.Scalar {
    return laplaceKl(mu, rho, this.scale);
  }
}
