import { CLASS_COUNT } from '../data/dataset.js';
import { type ImagePredictions, PredictionAccumulator, type PredictionMetrics } from '../metrics/index.js';
import type { Model } from '../models/index.js';
import { type Classifier, classifierOf } from './classifier.js';
import { type DrawOptions, drawLogits, type LogitSink } from './draw-logits.js';
import type { LabelledSource } from './step.js';

export interface EvaluationOptions extends DrawOptions {
  /** Also return what each image was given. */
  readonly keepImages?: boolean | undefined;
  /** Is shown every batch as well, in order. */
  readonly sink?: LogitSink | undefined;
}

/** Metrics of the averaged predictive distribution, and the model's KL. */
export interface EvaluationResult extends PredictionMetrics {
  /** KL(q || prior), nats; 0 without a posterior. */
  kl: number;
  /** With `keepImages`, in the order of `indices`. */
  images?: ImagePredictions;
}

/**
 * Evaluates a model, or what was made of trained ones, by Monte Carlo over its posterior: each image's class probabilities are
 * averaged over samples. `drawLogits` draws them.
 */
export async function evaluate(
  model: Model | Classifier,
  source: LabelledSource,
  { keepImages, sink, ...options }: EvaluationOptions,
): Promise<EvaluationResult> {
  const classifier = 'predictor' in model ? model : classifierOf(model);
  const samples = classifier.predictions(options.samples);
  const accumulator = new PredictionAccumulator(CLASS_COUNT, samples, { keepImages });
  const kl = await drawLogits(classifier, source, options, {
    addBatch: (logits, labels) => {
      accumulator.addBatch(logits, labels);
      sink?.addBatch(logits, labels);
    },
  });
  return { ...accumulator.finish(), kl, ...(keepImages && { images: accumulator.images() }) };
}
