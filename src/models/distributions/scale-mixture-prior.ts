import { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import { GaussianPrior } from './gaussian-prior.js';
import { LOG_ROOT_TWO_PI, type Prior } from './prior.js';

/**
 * pi N(0, sigma1^2) + (1 - pi) N(0, sigma2^2) for every weight (Blundell et al. 2015, eq. 7).
 * sigma2 = 0 means the first component alone, whatever pi is.
 */
export class ScaleMixturePrior implements Prior {
  private readonly single: GaussianPrior | undefined;

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
    if (sigma2 === 0 || pi === 1) this.single = new GaussianPrior(sigma1);
  }

  logProb(w: tf.Tensor): tf.Scalar {
    return this.single?.logProb(w) ?? this.mixtureLogProb(w);
  }

  /**
   * log-sum-exp anchored at the wider component: its log density is the larger one in the tails, so nothing
   * cancels there, and near zero the two differ by little. No max, so no tie to break in the gradient.
   */
  private mixtureLogProb(w: tf.Tensor): tf.Scalar {
    const first = { weight: Math.log(this.pi), sigma: this.sigma1 };
    const second = { weight: Math.log1p(-this.pi), sigma: this.sigma2 };
    const [wide, narrow] = this.sigma1 >= this.sigma2 ? [first, second] : [second, first];
    const anchor = componentLogDensity(w, wide.weight, wide.sigma);
    const excess = tf.sub(componentLogDensity(w, narrow.weight, narrow.sigma), anchor);
    return tf.sum(tf.add(anchor, tf.softplus(excess)));
  }
}

function componentLogDensity(w: tf.Tensor, logWeight: number, sigma: number): tf.Tensor {
  const constant = logWeight - Math.log(sigma) - LOG_ROOT_TWO_PI;
  return tf.add(tf.mul(tf.square(tf.div(w, sigma)), -0.5), constant);
}
