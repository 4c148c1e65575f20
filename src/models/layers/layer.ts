import type { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import type { Clock, Noise } from '../../ops/noise.js';
import type { StreamKey } from '../../rng.js';
import type { NamedVariable } from '../named-variable.js';

/** What a layer computes once a step from its variables; forward passes share it. */
export interface LayerWeights {
  /** KL(q || prior) in nats of a Bayesian layer, null of another. */
  readonly kl: tf.Scalar | null;
}

/** How a layer is run. */
export interface LayerRun {
  /** Draw from the posterior (true) or use its mean. */
  readonly sample: boolean;
  /** int32 [4] = [step, sample, first image, 0]; needed to draw unless epsilon is given. */
  readonly clock?: Clock | undefined;
  /** The noise itself, shaped as the output before ReLU and pooling. */
  readonly epsilon?: tf.Tensor | undefined;
}

/** One layer: its variables, and a forward pass that is a pure function of its arguments. */
export interface Layer<X extends tf.Tensor, Y extends tf.Tensor, W extends LayerWeights> {
  readonly name: string;
  /** In PyTorch's order and names. */
  readonly parameters: readonly NamedVariable[];
  /** @param clock needed where the KL is estimated from a draw (priors without a closed form) */
  weights(clock?: Clock): W;
  forward(x: X, weights: W, run: LayerRun): Y;
}

/**
 * Where a sampling layer takes its noise from.
 * @throws BayescnnError 'failure' when there is neither a clock nor an epsilon
 */
export function noiseOf(layer: string, run: LayerRun, key: StreamKey): Noise {
  if (run.epsilon !== undefined) return { epsilon: run.epsilon };
  if (run.clock !== undefined) return { clock: run.clock, key };
  throw new BayescnnError('failure', `${layer}: a clock or an epsilon is needed to sample, got neither`, {
    hint: 'pass clock, or sample: false for the posterior mean',
  });
}
