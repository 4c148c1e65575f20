import type { tf } from '../../backends/tfjs.js';
import { dense } from '../../ops/dense.js';
import type { GaussianWeights } from '../../ops/lrt-conv-relu-pool.js';
import { lrtDense } from '../../ops/lrt-dense.js';
import type { Noise } from '../../ops/noise.js';
import { type Activation, BayesLayer } from './bayes-layer.js';
import { type DenseShape, denseLayout } from './shapes.js';
import type { BayesianOptions } from './variational.js';

/** A dense layer with a Gaussian posterior: [B, I] to [B, O]. */
export class BayesDenseLayer extends BayesLayer<tf.Tensor2D, tf.Rank.R2> {
  private readonly relu: boolean;

  constructor(name: string, shape: DenseShape, options: BayesianOptions) {
    const biases = (shape.bias ?? true) ? shape.outputs : undefined;
    const relu = shape.relu ?? false;
    const sizes = { weight: denseLayout(shape), fanIn: shape.inputs, biases };
    super(name, sizes, { relu, pool: false }, options);
    this.relu = relu;
  }

  protected affine(
    x: tf.Tensor2D,
    kernel: tf.Tensor2D,
    bias: tf.Tensor1D | undefined,
    { relu }: Activation,
  ): tf.Tensor2D {
    return dense(x, kernel, bias, { relu });
  }

  protected reparameterized(x: tf.Tensor2D, weights: GaussianWeights<tf.Rank.R2>, noise: Noise): tf.Tensor2D {
    return lrtDense(x, weights, noise, { relu: this.relu, clamp: this.options.posterior.clamp });
  }
}
