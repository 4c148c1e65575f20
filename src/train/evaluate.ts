import { setImmediate } from 'node:timers/promises';
import { tf } from '../backends/tfjs.js';
import { CLASS_COUNT } from '../data/dataset.js';
import { type ImagePredictions, PredictionAccumulator, type PredictionMetrics } from '../metrics/index.js';
import type { Model, StepWeights } from '../models/index.js';
import { gatherImages, writeTensor } from '../ops/index.js';
import type { LabelledSource } from './step.js';

/** Evaluation draws its noise where training steps never do: the clock's step has its top bit set. */
const EVALUATION_CLOCK = 0x80000000;

export interface EvaluationOptions {
  /** Images to evaluate, in this order. */
  readonly indices: Int32Array;
  /** Posterior samples; a model that draws nothing has one prediction. */
  readonly samples: number;
  readonly batchSize: number;
  /** Names the noise: the epoch after which the model is evaluated. */
  readonly epoch: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Also return what each image was given. */
  readonly keepImages?: boolean | undefined;
  /** Is shown every batch as well, in order. */
  readonly sink?: EvaluationSink | undefined;
}

/** Something else that wants to see an evaluation's logits. */
export interface EvaluationSink {
  /**
   * @param logits [samples] of flat [B * classes]; not to be kept
   * @param labels [B]
   */
  addBatch(logits: readonly Float32Array[], labels: Uint8Array): void;
}

/** Metrics of the averaged predictive distribution, and the model's KL. */
export interface EvaluationResult extends PredictionMetrics {
  /** KL(q || prior), nats; 0 without a posterior. */
  kl: number;
  /** With `keepImages`, in the order of `indices`. */
  images?: ImagePredictions;
}

/**
 * Evaluates a model by Monte Carlo over its posterior: each image's class probabilities are averaged over samples.
 * The result depends on neither the batch size nor the engine's threads: noise is named by (epoch, sample, image).
 */
export async function evaluate(
  model: Model,
  source: LabelledSource,
  options: EvaluationOptions,
): Promise<EvaluationResult> {
  const samples = model.stochastic ? options.samples : 1;
  const accumulator = new PredictionAccumulator(CLASS_COUNT, samples, { keepImages: options.keepImages });
  const clock = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([4], 'int32'), false));
  writeTensor(clock, clockAt(options.epoch, 0, 0));
  // TF.js's type of a tensor container knows no read-only fields.
  const weights = tf.tidy(
    () => model.weights(clock) as unknown as tf.TensorContainer,
  ) as unknown as StepWeights;
  try {
    const total = options.indices.length;
    for (let first = 0; first < total; first += options.batchSize) {
      options.signal?.throwIfAborted();
      const indices = options.indices.subarray(first, first + options.batchSize);
      const positions = Array.from({ length: samples }, (_, sample) => clockAt(options.epoch, sample, first));
      const x = () => gatherImages(tf.tensor1d(indices.slice(), 'int32'), source);
      const logits = predict(model, weights, x, clock, positions);
      const labels = Uint8Array.from(indices, (index) => source.labels[index]);
      accumulator.addBatch(logits, labels);
      options.sink?.addBatch(logits, labels);
      options.onProgress?.(Math.min(total, first + options.batchSize), total);
      await setImmediate();
    }
    return {
      ...accumulator.finish(),
      kl: weights.kl === null ? 0 : weights.kl.dataSync()[0],
      ...(options.keepImages && { images: accumulator.images() }),
    };
  } finally {
    release(weights);
    clock.dispose();
  }
}

function clockAt(epoch: number, sample: number, firstImage: number): Int32Array {
  return Int32Array.of(EVALUATION_CLOCK + epoch, sample, firstImage, 0);
}

/** Logits [B * classes] of each sample of a batch. */
function predict(
  model: Model,
  weights: StepWeights,
  x: () => tf.Tensor4D,
  clock: tf.Variable<tf.Rank.R1>,
  positions: readonly Int32Array[],
): Float32Array[] {
  return tf.tidy(() => {
    const images = x();
    return positions.map((position) => {
      writeTensor(clock, position);
      return tf.tidy(
        () => model.forward(images, weights, { sample: true, clock }).dataSync() as Float32Array,
      );
    });
  });
}

/** Frees what `model.weights` made, not the model's own variables. */
function release(weights: StepWeights): void {
  const made = tf.engine().registeredVariables;
  const own = new Set<tf.Tensor>(Object.values(made));
  for (const tensor of tensorsIn(weights)) if (!own.has(tensor)) tensor.dispose();
}

function tensorsIn(value: unknown): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}
