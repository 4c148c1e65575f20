import type { Model } from '../models/index.js';
import type { ImageSource } from '../ops/index.js';
import { Predictor, type PredictorOptions } from './predict.js';

/** Draws logits for images by number. */
export interface LogitPredictor {
  /** Images that one call may ask for. */
  readonly images: number;
  /** KL(q || prior), nats; 0 without a posterior. */
  readonly kl: number;
  /**
   * Logits of at most `images` images.
   * @param indices [B] images of the source
   * @param first the first one's number among all, which names its noise
   * @param into [predictions] of at least [at + B * classes]: prediction s of image b goes to into[s][at + b * classes ..]
   */
  logits(indices: Int32Array, first: number, into: readonly Float64Array[], at: number): void;
  /** Frees what it made, not the classifier's own variables. */
  dispose(): void;
}

/** What gives images distributions over classes: a network, or what was made of trained ones. */
export interface Classifier {
  /** How many predictions an image gets where `samples` are asked for; 1 where nothing is drawn. */
  predictions(samples: number): number;
  /** @param options.samples as asked for */
  predictor(source: ImageSource, options: PredictorOptions): LogitPredictor;
}

/** A model as a classifier: one prediction a posterior sample. */
export function classifierOf(model: Model): Classifier {
  const predictions = (samples: number) => (model.stochastic ? samples : 1);
  return {
    predictions,
    predictor: (source, { samples, epoch }) =>
      new Predictor(model, source, { samples: predictions(samples), epoch }),
  };
}
