import { createModel } from '../../src/models/index.js';
import type { Classifier } from '../../src/train/classifier.js';
import { evaluate } from '../../src/train/evaluate.js';
import { LastLayerHessian, laplaceAt } from '../../src/train/laplace.js';
import { laplaceClassifier, lastLayerOf } from '../../src/train/laplace-classifier.js';
import { Predictor } from '../../src/train/predict.js';
import { Swag } from '../../src/train/swag.js';
import { noiseSource, Training } from './training.js';

const source = noiseSource();
const SEED = 4;
const STEPS = [3, 3, 3];
type Figures = [string, ArrayLike<number>][];

/**
 * What is made of a trained CNN, on the current engine: SWAG's moments over its steps, its last layer's Laplace posterior, and
 * the logits that both draw.
 */
export async function posteriorsOf(): Promise<Figures> {
  const training = new Training('none', source);
  const swag = new Swag(
    training.model,
    { start: 0, every: 1, learningRate: null, scale: 0.5 },
    STEPS.length,
    twin,
    { images: source, indices: Int32Array.of(0, 1, 2), augment: [], seed: SEED },
  );
  for (const [i, size] of STEPS.entries()) {
    training.run([size]);
    swag.afterStep(i + 1);
  }
  const moments = Object.entries(swag.toTorch()).map(([name, { data }]) => [name, data]);
  await swag.settle();
  const figures = [...moments, ['SWAG logits', await logitsOf(swag.classifier())]] as Figures;
  figures.push(...(await laplace(training)));
  swag.dispose();
  training.dispose();
  return figures;
}

function twin() {
  const prior = { kind: 'gaussian', sigma: 0.5 } as const;
  const posterior = { sigma: 0.05, clamp: 0, meanInit: 'uniform' } as const;
  const model = { architecture: 'lenet', bayesian: 'all', estimator: 'weight-sampling' } as const;
  return createModel({ ...model, prior, posterior, seed: SEED });
}

async function laplace({ model }: Training): Promise<Figures> {
  const layer = lastLayerOf(model);
  const hessian = new LastLayerHessian(layer);
  const predictor = new Predictor(model, source, { samples: 1, epoch: 1, features: true });
  const images = Int32Array.from({ length: 8 }, (_, i) => i);
  const features = new Float64Array(images.length * layer.features);
  predictor.logits(images, 0, [features], 0);
  predictor.dispose();
  for (const b of images) hessian.add(features, b * layer.features, source.labels[b]);
  const { factor, logMarginalLikelihood } = laplaceAt(hessian, layer, 10);
  const classifier = laplaceClassifier(model, Float32Array.from(factor.data), SEED);
  return [
    ['features', features],
    ['precision', factor.data],
    ['log marginal likelihood', [logMarginalLikelihood]],
    ['Laplace logits', await logitsOf(classifier)],
  ];
}

async function logitsOf(classifier: Classifier): Promise<number[]> {
  const logits: number[] = [];
  const sink = {
    addBatch: (samples: readonly Float64Array[], labels: Uint8Array) => {
      for (const one of samples) logits.push(...one.subarray(0, 10 * labels.length));
    },
  };
  const indices = Int32Array.of(1, 5, 9);
  await evaluate(classifier, source, { indices, samples: 2, batchSize: 3, epoch: 1, sink });
  return logits;
}
