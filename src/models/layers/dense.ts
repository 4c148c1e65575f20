import type { tf } from '../../backends/tfjs.js';
import { dense } from '../../ops/dense.js';
import type { NamedVariable } from '../named-variable.js';
import type { Layer } from './layer.js';
import { type PlainWeights, plainParameters, plainWeights } from './plain.js';
import { type DenseShape, denseLayout } from './shapes.js';

/** A dense layer with point weights: [B, I] to [B, O]. */
export class DenseLayer implements Layer<tf.Tensor2D, tf.Tensor2D, PlainWeights<tf.Rank.R2>> {
  readonly parameters: readonly NamedVariable[];

  constructor(
    readonly name: string,
    private readonly shape: DenseShape,
    seed: number,
  ) {
    const bias = (shape.bias ?? true) ? shape.outputs : undefined;
    this.parameters = plainParameters(name, denseLayout(shape), shape.inputs, bias, seed);
  }

  weights(): PlainWeights<tf.Rank.R2> {
    return plainWeights(this.parameters);
  }

  forward(x: tf.Tensor2D, { weight, bias }: PlainWeights<tf.Rank.R2>): tf.Tensor2D {
    return dense(x, weight, bias, { relu: this.shape.relu ?? false });
  }
}
