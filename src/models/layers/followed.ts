import type { tf } from '../../backends/tfjs.js';
import { overlappingPool } from '../../ops/max-pool.js';
import { softplusActivation } from '../../ops/softplus-activation.js';
import type { Layer, LayerRun, LayerWeights } from './layer.js';

/** What may follow a layer besides what its own op does. */
export interface Following {
  /** log(1 + exp(y)); default false. */
  readonly softplus?: boolean;
  /** A 3x3 max-pool with stride 2; default false. */
  readonly overlappingPool?: boolean;
}

/**
 * A layer with what follows it. Softplus comes last, behind pools of 2x2 and 3x3: it never falls, so that the maximum of a
 * window and its place are the same, and there are fewer values to work out.
 */
export function followed<X extends tf.Tensor, Y extends tf.Tensor, W extends LayerWeights>(
  layer: Layer<X, Y, W>,
  following: Following,
): Layer<X, Y, W> {
  if (!following.softplus && !following.overlappingPool) return layer;
  return {
    name: layer.name,
    parameters: layer.parameters,
    weights: (clock) => layer.weights(clock),
    forward(x: X, weights: W, run: LayerRun): Y {
      const y = layer.forward(x, weights, run);
      const pooled = following.overlappingPool
        ? (overlappingPool(y as tf.Tensor as tf.Tensor4D) as tf.Tensor as Y)
        : y;
      return following.softplus ? softplusActivation(pooled) : pooled;
    },
  };
}
