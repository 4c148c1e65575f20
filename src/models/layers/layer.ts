import type { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import type { Clock, Noise, Parting } from '../../ops/noise.js';
import type { StreamKey } from '../../rng.js';
import type { NamedVariable } from '../named-variable.js';

/** What a layer computes once a step from its variables; forward passes share it. */
export interface LayerWeights {
  /** KL(q || prior) in nats of a Bayesian layer, null of another. */
  readonly kl: tf.Scalar | null;
}

/** How a layer is run; where it draws, `repeat` rows of its output come from each row of its input. */
export interface LayerRun extends Parting {
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
  const { samples = 1, repeat = 1 } = run;
  if (run.epsilon !== undefined) return { epsilon: run.epsilon, samples, repeat };
  if (run.clock !== undefined) return { clock: run.clock, key, samples, repeat };
  throw new BayescnnError('failure', `${layer}: a clock or an epsilon is needed to sample, got neither`, {
    hint: 'pass clock, or sample: false for the posterior mean',
  });
}
