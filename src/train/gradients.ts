import { tf } from '../backends/tfjs.js';
import type { Model } from '../models/index.js';
import { gatherImages, gatherLabels, softmaxCrossEntropy, writeTensor } from '../ops/index.js';
import type { LabelledSource } from './step.js';

/** What an estimator does to the gradient of some parameters, over many draws on one batch. */
export interface GradientStatistics {
  /** Euclidean norm of the mean gradient. */
  mean_norm: number;
  /** Trace of the gradient's covariance: the sum of its elements' unbiased variances. */
  variance: number;
  /** Number of elements. */
  parameters: number;
}

/** The statistics of one layer: of its means, its rhos, and its weights without a posterior. */
export interface LayerGradients {
  layer: string;
  mu: GradientStatistics | null;
  rho: GradientStatistics | null;
  point: GradientStatistics | null;
}

export interface GradientOptions {
  /** Images of the one batch. */
  readonly indices: Int32Array;
  /** Draws; each names its noise by its number. At least 2. */
  readonly repeats: number;
  /** Factor of the KL in the loss: weight / N. */
  readonly klScale: number;
  readonly signal?: AbortSignal | undefined;
}

/** Running mean and sum of squared deviations of vectors (Welford 1962). */
class Moments {
  private count = 0;
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;

  constructor(size: number) {
    this.mean = new Float64Array(size);
    this.squares = new Float64Array(size);
  }

  add(values: ArrayLike<number>): void {
    this.count++;
    for (let i = 0; i < this.mean.length; i++) {
      const off = values[i] - this.mean[i];
      this.mean[i] += off / this.count;
      this.squares[i] += off * (values[i] - this.mean[i]);
    }
  }

  /** Sum of the squared means, and of the unbiased variances. */
  sums(): { squaredMean: number; variance: number; parameters: number } {
    const squaredMean = this.mean.reduce((sum, value) => sum + value * value, 0);
    const variance = this.squares.reduce((sum, value) => sum + value, 0) / (this.count - 1);
    return { squaredMean, variance, parameters: this.mean.length };
  }
}

/** Mean and variance of the loss's gradient over draws of the model's noise, by layer. */
export function gradientStatistics(
  model: Model,
  source: LabelledSource,
  options: GradientOptions,
): LayerGradients[] {
  const moments = new Map(model.parameters.map(({ name, variable }) => [name, new Moments(variable.size)]));
  const clock = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([4], 'int32'), false));
  try {
    for (let draw = 0; draw < options.repeats; draw++) {
      options.signal?.throwIfAborted();
      writeTensor(clock, Int32Array.of(draw, 0, 0, 0));
      for (const [name, values] of gradients(model, source, clock, options)) moments.get(name)?.add(values);
    }
  } finally {
    clock.dispose();
  }
  const layers = [...new Set([...moments.keys()].map(layerOf))];
  return layers.map((layer) => ({
    layer,
    mu: joined(moments, layer, (name) => name.endsWith('_mu')),
    rho: joined(moments, layer, (name) => name.endsWith('_rho')),
    point: joined(moments, layer, (name) => !/_(mu|rho)$/.test(name)),
  }));
}

function layerOf(parameter: string): string {
  return parameter.slice(0, parameter.lastIndexOf('.'));
}

function joined(
  moments: ReadonlyMap<string, Moments>,
  layer: string,
  matches: (name: string) => boolean,
): GradientStatistics | null {
  const parts = [...moments].filter(([name]) => layerOf(name) === layer && matches(name));
  if (parts.length === 0) return null;
  const sums = parts.map(([, part]) => part.sums());
  const total = (of: (sum: (typeof sums)[number]) => number) => sums.reduce((all, sum) => all + of(sum), 0);
  return {
    mean_norm: Math.sqrt(total(({ squaredMean }) => squaredMean)),
    variance: total(({ variance }) => variance),
    parameters: total(({ parameters }) => parameters),
  };
}

/** One draw's gradient of NLL + klScale KL, by parameter. */
function gradients(
  model: Model,
  source: LabelledSource,
  clock: tf.Tensor1D,
  { indices, klScale }: GradientOptions,
): [string, Float32Array][] {
  return tf.tidy(() => {
    const at = tf.tensor1d(indices.slice(), 'int32');
    const loss = () => {
      const weights = model.weights(clock);
      const logits = model.forward(gatherImages(at, source), weights, {
        sample: true,
        training: true,
        clock,
      });
      const nll = softmaxCrossEntropy(logits, gatherLabels(at, source.labels)).loss;
      return weights.kl === null ? nll : tf.add(nll, tf.mul(weights.kl, klScale));
    };
    const { grads } = tf.variableGrads(
      loss as () => tf.Scalar,
      model.parameters.map(({ variable }) => variable),
    );
    return model.parameters.map(({ name, variable }) => [
      name,
      grads[variable.name].dataSync() as Float32Array,
    ]);
  });
}
