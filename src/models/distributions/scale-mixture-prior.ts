import type { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import { type Density, logDensity } from '../../ops/log-density.js';
import { sampledKl } from '../../ops/prior-kl.js';
import type { WeightNoise } from '../../ops/weight-noise.js';
import type { Prior } from './prior.js';

/**
 * pi N(0, sigma1^2) + (1 - pi) N(0, sigma2^2) for every weight (Blundell et al. 2015, eq. 7); the KL is estimated
 * from one draw. sigma2 = 0 means the first component alone, whatever pi is.
 */
export class ScaleMixturePrior implements Prior {
  readonly density: Density;

  /** @throws BayescnnError 'config' when pi is outside (0, 1] or a sigma is not a number >= 0 (sigma1 > 0) */
  constructor(
    readonly pi: number,
    readonly sigma1: number,
    readonly sigma2: number,
  ) {
    const fits =
      pi > 0 && pi <= 1 && sigma1 > 0 && sigma2 >= 0 && Number.isFinite(sigma1) && Number.isFinite(sigma2);
    if (!fits) {
      throw new BayescnnError(
        'config',
        `ScaleMixturePrior: 0 < pi <= 1, sigma1 > 0, sigma2 >= 0 wanted, got pi ${pi}, sigma1 ${sigma1}, sigma2 ${sigma2}`,
        { hint: 'try pi 0.5, sigma1 1, sigma2 0.3' },
      );
    }
    this.density =
      sigma2 === 0 || pi === 1
        ? { kind: 'gaussian', sigma: sigma1 }
        : { kind: 'scale-mixture', pi, sigma1, sigma2 };
  }

  /** log p(w) summed over w's elements, nats; differentiable. */
  logProb(w: tf.Tensor): tf.Scalar {
    return logDensity(w, this.density);
  }

  kl(mu: tf.Tensor, rho: tf.Tensor, noise: () => WeightNoise): tf.Scalar {
    return sampledKl(mu, rho, this.density, noise());
  }
}
