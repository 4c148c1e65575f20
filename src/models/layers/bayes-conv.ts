import type { tf } from '../../backends/tfjs.js';
import { convReluPool } from '../../ops/conv-relu-pool.js';
import {
  type FlipoutSigns,
  flipoutConvReluPool,
  type PerturbedWeights,
} from '../../ops/flipout-conv-relu-pool.js';
import { type GaussianWeights, lrtConvReluPool } from '../../ops/lrt-conv-relu-pool.js';
import type { Noise } from '../../ops/noise.js';
import { type Activation, BayesLayer } from './bayes-layer.js';
import { type ConvShape, convFanIn, convLayout, convOptions } from './shapes.js';
import type { BayesianOptions } from './variational.js';

/** A convolution with a Gaussian posterior: [B, H, W, C] to [B, OH, OW, O]. */
export class BayesConvLayer extends BayesLayer<tf.Tensor4D, tf.Rank.R4> {
  constructor(
    name: string,
    private readonly shape: ConvShape,
    options: BayesianOptions,
  ) {
    const biases = (shape.bias ?? true) ? shape.outputs : undefined;
    const { relu, pool } = convOptions(shape);
    const sizes = { weight: convLayout(shape), fanIn: convFanIn(shape), biases };
    super(name, sizes, { relu, pool }, options);
  }

  protected affine(
    x: tf.Tensor4D,
    filter: tf.Tensor4D,
    bias: tf.Tensor1D | undefined,
    activation: Activation,
  ): tf.Tensor4D {
    return convReluPool(x, filter, bias, { ...convOptions(this.shape), ...activation });
  }

  protected reparameterized(x: tf.Tensor4D, weights: GaussianWeights<tf.Rank.R4>, noise: Noise): tf.Tensor4D {
    const { clamp } = this.options.posterior;
    return lrtConvReluPool(x, weights, noise, { ...convOptions(this.shape), clamp });
  }

  protected override flipped(
    x: tf.Tensor4D,
    weights: PerturbedWeights<tf.Rank.R4>,
    signs: FlipoutSigns,
  ): tf.Tensor4D {
    return flipoutConvReluPool(x, weights, signs, convOptions(this.shape));
  }
}
