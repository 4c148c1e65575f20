import { tf } from '../../../src/backends/tfjs.js';
import { BayesLayer } from '../../../src/models/layers/bayes-layer.js';
import type { BayesianOptions } from '../../../src/models/layers/variational.js';
import type { GaussianWeights } from '../../../src/ops/lrt-conv-relu-pool.js';
import { epsilonOf, type Noise, partRows } from '../../../src/ops/noise.js';

/** A factor for each feature with a Gaussian posterior, y = x w: [B, features] to [B, features]. */
export class BayesScale extends BayesLayer<tf.Tensor2D, tf.Rank.R1> {
  constructor(name: string, features: number, options: BayesianOptions) {
    const sizes = { weight: { kind: 'vector', size: features }, fanIn: 1, biases: undefined } as const;
    super(name, sizes, { relu: false, pool: false }, options);
  }

  protected affine(x: tf.Tensor2D, weight: tf.Tensor1D): tf.Tensor2D {
    return tf.mul(x, weight);
  }

  /** Kingma et al. 2015, eq. 6, of a diagonal matrix: y ~ N(x mu, x^2 sigma^2). */
  protected reparameterized(
    x: tf.Tensor2D,
    { mu, variance }: GaussianWeights<tf.Rank.R1>,
    noise: Noise,
  ): tf.Tensor2D {
    const mean = partRows(tf.mul(x, mu), noise);
    const deviation = partRows(tf.mul(tf.abs(x), tf.sqrt(variance)), noise);
    return tf.add(mean, tf.mul(deviation, epsilonOf(noise, x.shape)));
  }
}
