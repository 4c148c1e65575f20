import { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import { LOG_ROOT_TWO_PI, type Prior } from './prior.js';

/** N(0, sigma^2) for every weight. */
export class GaussianPrior implements Prior {
  /** @throws BayescnnError 'config' when sigma is not a positive number */
  constructor(readonly sigma: number) {
    if (!(sigma > 0 && Number.isFinite(sigma))) {
      throw new BayescnnError('config', `GaussianPrior: sigma must be positive and finite, got ${sigma}`, {
        hint: 'try 0.1 or 1',
      });
    }
  }

  logProb(w: tf.Tensor): tf.Scalar {
    // The constants are added once, in double: n of them in float32 would cost digits.
    const constant = -w.size * (Math.log(this.sigma) + LOG_ROOT_TWO_PI);
    return tf.add(tf.mul(tf.sum(tf.square(tf.div(w, this.sigma))), -0.5), constant);
  }
}
