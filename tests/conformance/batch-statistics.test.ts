import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { type Augmentation, drawTransforms, epochBatches } from '../../src/data/index.js';
import { createModel, type ForwardOptions, type TorchRecord } from '../../src/models/index.js';
import { gatherImages } from '../../src/ops/index.js';
import { streamKey } from '../../src/rng.js';
import { takeBatchStatistics } from '../../src/train/batch-statistics.js';
import { engines, useEngine } from './engines.js';
import { noiseSource } from './training.js';

const images = noiseSource();
const SEED = 5;
const KEY = streamKey(SEED, 'statistics');

function build() {
  const prior = { kind: 'gaussian', sigma: 0.1 } as const;
  const posterior = { sigma: 0.02, clamp: 0, meanInit: 'uniform' } as const;
  return createModel({ architecture: 'resnet20', bayesian: 'none', prior, posterior, seed: 2 });
}

/** 600 images, in two batches: some more often than others, so that the batches' statistics differ. */
const indices = Int32Array.from({ length: 600 }, (_, i) => (i * i) % 64);
const [first, second] = [...epochBatches(indices, 500, KEY, 0)];

/** What the first normalisation gets: the first convolution's outputs, by TF.js's own. */
function outputs(record: TorchRecord, batch: Int32Array, augment: readonly Augmentation[]): Float32Array {
  return tf.tidy(() => {
    const kernel = tf.transpose(tf.tensor4d(record['conv1.weight'].data, [16, 3, 3, 3]), [2, 3, 1, 0]);
    const transforms = drawTransforms(batch, augment, KEY, 0);
    const x = gatherImages(
      tf.tensor1d(batch, 'int32'),
      images,
      augment.length === 0 ? undefined : tf.tensor1d(transforms, 'int32'),
    );
    return tf.conv2d(x, kernel as tf.Tensor4D, 1, 'same').dataSync() as Float32Array;
  });
}

/** Mean and unbiased variance of 16 channels, in float64. */
function momentsOf(y: Float32Array): { mean: number; variance: number }[] {
  const count = y.length / 16;
  return Array.from({ length: 16 }, (_, channel) => {
    let [sum, squares] = [0, 0];
    for (let i = channel; i < y.length; i += 16) sum += y[i];
    const mean = sum / count;
    for (let i = channel; i < y.length; i += 16) squares += (y[i] - mean) ** 2;
    return { mean, variance: squares / (count - 1) };
  });
}

// In plain JavaScript a pass of 600 images takes minutes.
describe.each(engines().filter((engine) => engine !== 'cpu'))('batch-norm statistics on %s', (engine) => {
  beforeAll(() => useEngine(engine));
  // TensorFlow adds half a million squares up in float32.
  const rounding = engine === 'simd' ? 1 : 10;

  it.each([
    ['plain', []],
    ['augmented', ['crop', 'flip']],
  ] as const)('are the mean of the batches, each by its images: %s', async (_, augment) => {
    const model = build();
    await takeBatchStatistics(model, { images, indices, augment, seed: SEED });
    const record = model.toTorch();
    const [a, b] = [first, second].map((batch) => momentsOf(outputs(record, batch, augment)));
    for (let c = 0; c < 16; c++) {
      const mean = (5 * a[c].mean + b[c].mean) / 6;
      const variance = (5 * a[c].variance + b[c].variance) / 6;
      expect(Math.abs(record['bn1.running_mean'].data[c] - mean)).toBeLessThan(1e-6 * rounding);
      expect(Math.abs(record['bn1.running_var'].data[c] / variance - 1)).toBeLessThan(1e-5 * rounding);
    }
    model.dispose();
  });

  it('make predictions of the batch that they were taken from what training made of it', async () => {
    const model = build();
    const own = Int32Array.from({ length: 64 }, (_, i) => i);
    await takeBatchStatistics(model, { images, indices: own, augment: [], seed: SEED });
    const logits = (options: Partial<ForwardOptions>) =>
      tf.tidy(() => {
        const x = gatherImages(tf.tensor1d(own, 'int32'), images);
        return model.forward(x, model.weights(), { sample: false, ...options }).dataSync();
      });
    const predicted = logits({});
    const trained = logits({ training: true, statisticsShare: 0 });
    const largest = Math.max(...trained.map(Math.abs));
    // The running variance is unbiased, the batch's is not: 1 / 4,096 apart where the maps are smallest.
    for (const [i, value] of predicted.entries())
      expect(Math.abs(value - trained[i])).toBeLessThan(2e-3 * largest);
    model.dispose();
  });
});
