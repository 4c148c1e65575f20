import type { tf } from '../../backends/tfjs.js';
import { batchNorm } from '../../ops/batch-norm.js';
import type { Layout } from '../layout.js';
import type { ForwardOptions } from '../model.js';
import { type NamedVariable, namedVariable } from '../named-variable.js';

/** torch.nn.BatchNorm2d's defaults. */
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/**
 * Batch normalisation of [B, H, W, C] with what follows it: a shortcut's sum and ReLU. Scale and shift are plain parameters in a
 * Bayesian network too: its posterior is over the layers' weights, and they rescale those.
 */
export class BatchNormLayer {
  /** `<name>.weight` and `<name>.bias`, PyTorch's names for scale and shift. */
  readonly parameters: readonly NamedVariable[];
  /** `<name>.running_mean` and `<name>.running_var`: what evaluation uses; training steps move them. */
  readonly buffers: readonly NamedVariable[];

  constructor(name: string, channels: number) {
    const layout: Layout = { kind: 'vector', size: channels };
    const filled = (part: string, value: number, trainable: boolean) =>
      namedVariable(`${name}.${part}`, layout, new Float32Array(channels).fill(value), trainable);
    this.parameters = [filled('weight', 1, true), filled('bias', 0, true)];
    this.buffers = [filled('running_mean', 0, false), filled('running_var', 1, false)];
  }

  forward(
    x: tf.Tensor4D,
    shortcut: tf.Tensor4D | undefined,
    { training = false, statisticsShare = MOMENTUM }: Pick<ForwardOptions, 'training' | 'statisticsShare'>,
  ): tf.Tensor4D {
    const [scale, shift] = this.parameters.map(({ variable }) => variable as tf.Tensor1D);
    const [runningMean, runningVariance] = this.buffers.map(
      ({ variable }) => variable as tf.Variable<tf.Rank.R1>,
    );
    const options = { training, relu: true, epsilon: EPSILON, momentum: statisticsShare };
    return batchNorm(x, { scale, shift, runningMean, runningVariance }, options, shortcut);
  }
}
