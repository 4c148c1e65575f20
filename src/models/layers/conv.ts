import type { tf } from '../../backends/tfjs.js';
import { convReluPool } from '../../ops/conv-relu-pool.js';
import type { NamedVariable } from '../named-variable.js';
import type { Layer } from './layer.js';
import { type PlainWeights, plainParameters, plainWeights } from './plain.js';
import { type ConvShape, convFanIn, convLayout, convOptions } from './shapes.js';

/** A convolution with point weights: [B, H, W, C] to [B, OH, OW, O]. */
export class ConvLayer implements Layer<tf.Tensor4D, tf.Tensor4D, PlainWeights<tf.Rank.R4>> {
  readonly parameters: readonly NamedVariable[];

  constructor(
    readonly name: string,
    private readonly shape: ConvShape,
    seed: number,
  ) {
    const bias = (shape.bias ?? true) ? shape.outputs : undefined;
    this.parameters = plainParameters(name, convLayout(shape), convFanIn(shape), bias, seed);
  }

  weights(): PlainWeights<tf.Rank.R4> {
    return plainWeights(this.parameters);
  }

  forward(x: tf.Tensor4D, { weight, bias }: PlainWeights<tf.Rank.R4>): tf.Tensor4D {
    return convReluPool(x, weight, bias, convOptions(this.shape));
  }
}
