import type { tf } from '../../backends/tfjs.js';
import { defaultBound, uniformInit } from '../initialize.js';
import { type Layout, torchShape } from '../layout.js';
import { type NamedVariable, namedVariable } from '../named-variable.js';
import type { LayerWeights } from './layer.js';

/** The variables of a layer without a posterior. */
export interface PlainWeights<R extends tf.Rank> extends LayerWeights {
  readonly weight: tf.Tensor<R>;
  readonly bias: tf.Tensor1D | undefined;
}

/** `<layer>.weight` and, where there is one, `<layer>.bias`, initialised as PyTorch does. */
export function plainParameters(
  layer: string,
  layout: Layout,
  fanIn: number,
  bias: number | undefined,
  seed: number,
): NamedVariable[] {
  const bound = defaultBound(fanIn);
  const draw = (name: string, of: Layout): NamedVariable => {
    const size = torchShape(of).reduce((product, length) => product * length, 1);
    return namedVariable(name, of, uniformInit(size, seed, name, -bound, bound));
  };
  const weight = draw(`${layer}.weight`, layout);
  return bias === undefined ? [weight] : [weight, draw(`${layer}.bias`, { kind: 'vector', size: bias })];
}

/** The parameters as an op takes them. */
export function plainWeights<R extends tf.Rank>(parameters: readonly NamedVariable[]): PlainWeights<R> {
  return {
    weight: parameters[0].variable as tf.Variable<R>,
    bias: parameters[1]?.variable as tf.Variable<tf.Rank.R1> | undefined,
    kl: null,
  };
}
