import type { tf } from '../backends/tfjs.js';
import { CLASS_COUNT } from '../data/dataset.js';
import type { Model } from '../models/index.js';
import { normalsInto } from '../ops/index.js';
import { streamKey } from '../rng.js';
import type { Classifier, LogitPredictor } from './classifier.js';
import { evaluationClock } from './evaluation-clock.js';
import { drawLayer, type LastLayer, logitsOf } from './laplace.js';
import { Predictor } from './predict.js';

/** A model's last layer, in the order of its features here. */
export function lastLayerOf(model: Model): LastLayer {
  const last = model.parameters.filter(
    ({ name }) => layerName(name) === layerName(model.parameters.at(-1)?.name),
  );
  const weight = last[0].variable as tf.Tensor;
  const [features, classes] = weight.shape;
  const values = weight.dataSync();
  const biases = last[1]?.variable.dataSync();
  const weights = new Float64Array(classes * (features + 1));
  for (let c = 0; c < classes; c++) {
    for (let i = 0; i < features; i++) weights[c * (features + 1) + i] = values[i * classes + c];
    weights[c * (features + 1) + features] = biases?.[c] ?? 0;
  }
  return { classes, features, weights };
}

function layerName(parameter = ''): string {
  return parameter.slice(0, parameter.lastIndexOf('.'));
}

/**
 * A network whose last layer has a Gaussian posterior (Daxberger et al. 2021): a sample is one draw of that layer for all
 * images, and the layers before it run once.
 * @param factor lower factor of the posterior's precision, in rows, ordered as `LastLayer.weights`
 */
export function laplaceClassifier(model: Model, factor: Float32Array, seed: number): Classifier {
  return {
    predictions: (samples) => samples,
    predictor(source, { samples, epoch }) {
      const layer = lastLayerOf(model);
      const draws = Array.from({ length: samples }, (_, s) => draw(layer, factor, seed, epoch, s));
      return lastLayerPredictor(
        new Predictor(model, source, { samples: 1, epoch, features: true }),
        layer,
        draws,
      );
    },
  };
}

function draw(
  layer: LastLayer,
  data: Float32Array,
  seed: number,
  epoch: number,
  sample: number,
): Float64Array {
  const size = layer.weights.length;
  const normals = new Float32Array(size);
  normalsInto(normals, size, 1, evaluationClock(epoch, sample, 0), streamKey(seed, 'laplace'));
  return drawLayer(layer, { size, data }, Float64Array.from(normals));
}

function lastLayerPredictor(
  inner: Predictor,
  layer: LastLayer,
  draws: readonly Float64Array[],
): LogitPredictor {
  const features = new Float64Array(inner.images * layer.features);
  return {
    images: inner.images,
    kl: 0,
    logits(indices, first, into, at) {
      inner.logits(indices, first, [features], 0);
      for (const [s, weights] of draws.entries())
        for (let b = 0; b < indices.length; b++)
          logitsOf(layer, weights, features, b * layer.features, into[s], at + b * CLASS_COUNT);
    },
    dispose: () => inner.dispose(),
  };
}
