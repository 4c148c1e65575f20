import type { tf } from '../backends/tfjs.js';
import type { Clock } from '../ops/noise.js';
import type { LayerWeights } from './layers/layer.js';
import type { NamedVariable, TorchTensor } from './named-variable.js';
import type { TorchRecord } from './torch-record.js';

/** All layers' weights of one step, and their complexity term. */
export interface StepWeights {
  readonly layers: Readonly<Record<string, LayerWeights>>;
  /** KL(q || prior) in nats, summed over the Bayesian layers; null when there is none. */
  readonly kl: tf.Scalar | null;
}

/** How to run a model. */
export interface ForwardOptions {
  /** Draw from the posterior (true) or use its mean; no difference for layers without a posterior. */
  readonly sample: boolean;
  /**
   * A step of training: batch normalisation goes by the batch's statistics and notes them, and dropout is on that predictions
   * do without. Default false.
   */
  readonly training?: boolean | undefined;
  /** How far the running statistics move towards a training batch's, from 0 to 1. Default 0.1, torch's momentum. */
  readonly statisticsShare?: number | undefined;
  /** int32 [4] = [step, sample, first image, 0]; needed to draw unless every epsilon is given. */
  readonly clock?: Clock | undefined;
  /** Give the inputs of the last layer, [B * samples, features], in place of logits. Default false. */
  readonly features?: boolean | undefined;
  /**
   * Samples of each image in this one pass, from the clock's sample on; default 1. They part at the first layer that
   * draws, so what comes before it is worked out once. Where `partsSamples` is false, 1 alone.
   */
  readonly samples?: number | undefined;
  /** Noise by layer name, shaped as that layer's output before ReLU and pooling; for tests. */
  readonly epsilon?: Readonly<Record<string, tf.Tensor>> | undefined;
}

/** A classifier whose variables carry PyTorch's names. */
export interface Model {
  /** What is trained, in PyTorch's order. */
  readonly parameters: readonly NamedVariable[];
  /** What a checkpoint holds besides: the running statistics of batch normalisation. */
  readonly buffers: readonly NamedVariable[];
  /** The layers with a posterior; empty for a plain network. */
  readonly bayesianLayers: readonly string[];
  /** Whether two samples differ: its estimator draws from a posterior, or it has MC dropout. */
  readonly stochastic: boolean;
  /** Whether a forward pass can hold several samples of an image: every layer that draws does so row by row. */
  readonly partsSamples: boolean;
  /** Number of trainable scalars. */
  readonly parameterCount: number;
  /**
   * The variational parameters' variance and KL, worked out once a step (or once an evaluation)
   * and shared by every forward pass and the loss. Call it inside the function that is differentiated.
   * @param clock needed by priors without a closed-form KL
   */
  weights(clock?: Clock): StepWeights;
  /** @param x [B, 32, 32, 3] @returns logits [B * samples, classes], the samples of an image side by side */
  forward(x: tf.Tensor4D, weights: StepWeights, options: ForwardOptions): tf.Tensor2D;
  /** Parameters and buffers under PyTorch's names and layouts. */
  toTorch(): Record<string, TorchTensor>;
  /** @throws BayescnnError 'data' when names or shapes do not fit; nothing changes then */
  fromTorch(record: TorchRecord): void;
  /** Frees the variables. */
  dispose(): void;
}
