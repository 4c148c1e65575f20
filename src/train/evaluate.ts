import { setImmediate } from 'node:timers/promises';
import { CLASS_COUNT } from '../data/dataset.js';
import { type ImagePredictions, PredictionAccumulator, type PredictionMetrics } from '../metrics/index.js';
import type { Model } from '../models/index.js';
import { type Classifier, classifierOf, type LogitPredictor } from './classifier.js';
import type { LabelledSource } from './step.js';

export interface EvaluationOptions {
  /** Images to evaluate, in this order. */
  readonly indices: Int32Array;
  /** Posterior samples; a model that draws nothing has one prediction, an ensemble so many of each member. */
  readonly samples: number;
  /** Images between two reports of progress, up to whole passes; their logits are held at once. */
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
  addBatch(logits: readonly Float64Array[], labels: Uint8Array): void;
}

/** Metrics of the averaged predictive distribution, and the model's KL. */
export interface EvaluationResult extends PredictionMetrics {
  /** KL(q || prior), nats; 0 without a posterior. */
  kl: number;
  /** With `keepImages`, in the order of `indices`. */
  images?: ImagePredictions;
}

/**
 * Evaluates a model, or what was made of trained ones, by Monte Carlo over its posterior: each image's class probabilities are averaged over samples.
 * The result depends on neither the batch size nor the engine's threads: noise is named by (epoch, sample, image).
 */
export async function evaluate(
  model: Model | Classifier,
  source: LabelledSource,
  options: EvaluationOptions,
): Promise<EvaluationResult> {
  const classifier = 'predictor' in model ? model : classifierOf(model);
  const samples = classifier.predictions(options.samples);
  const accumulator = new PredictionAccumulator(CLASS_COUNT, samples, { keepImages: options.keepImages });
  const predictor = classifier.predictor(source, { samples: options.samples, epoch: options.epoch });
  const total = options.indices.length;
  const rows = Math.min(total, batchOf(options.batchSize, predictor.images));
  const logits = Array.from({ length: samples }, () => new Float64Array(rows * CLASS_COUNT));
  try {
    for (let first = 0; first < total; first += rows) {
      const indices = options.indices.subarray(first, first + rows);
      await predictBatch(predictor, indices, first, logits, options.signal);
      const size = indices.length * CLASS_COUNT;
      const batch = logits.map((all) => all.subarray(0, size));
      const labels = Uint8Array.from(indices, (index) => source.labels[index]);
      accumulator.addBatch(batch, labels);
      options.sink?.addBatch(batch, labels);
      options.onProgress?.(Math.min(total, first + rows), total);
    }
    return {
      ...accumulator.finish(),
      kl: predictor.kl,
      ...(options.keepImages && { images: accumulator.images() }),
    };
  } finally {
    predictor.dispose();
  }
}

/** Images of a batch: whole passes where it holds one, so that all but the last are of one size. */
function batchOf(batchSize: number, pass: number): number {
  return batchSize < pass ? batchSize : pass * Math.ceil(batchSize / pass);
}

/** Logits [samples] of [B * classes] of a batch, pass by pass. */
async function predictBatch(
  predictor: LogitPredictor,
  indices: Int32Array,
  first: number,
  logits: readonly Float64Array[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let done = 0; done < indices.length; done += predictor.images) {
    signal?.throwIfAborted();
    const images = indices.subarray(done, done + predictor.images);
    predictor.logits(images, first + done, logits, done * CLASS_COUNT);
    // Lets signals and timers through.
    await setImmediate();
  }
}
