import { CLASS_COUNT } from '../data/dataset.js';
import type { Classifier, LogitPredictor } from './classifier.js';

/**
 * Temperature scaling (Guo et al. 2017, eq. 9): every prediction's logits are divided by T before its softmax. Where an
 * image has several predictions each is scaled by the same T, then their distributions are averaged as ever.
 * In float64, so that logits which differ in float32 keep their order.
 * @param temperature T > 0
 */
export function tempered(classifier: Classifier, temperature: number): Classifier {
  if (temperature === 1) return classifier;
  return {
    predictions: (samples) => classifier.predictions(samples),
    predictor: (source, options) => temperedPredictor(classifier.predictor(source, options), temperature),
  };
}

function temperedPredictor(inner: LogitPredictor, temperature: number): LogitPredictor {
  return {
    images: inner.images,
    kl: inner.kl,
    logits(indices, first, into, at) {
      inner.logits(indices, first, into, at);
      const end = at + indices.length * CLASS_COUNT;
      for (const logits of into) for (let i = at; i < end; i++) logits[i] /= temperature;
    },
    dispose: () => inner.dispose(),
  };
}
