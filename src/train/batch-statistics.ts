import { setImmediate } from 'node:timers/promises';
import { tf } from '../backends/tfjs.js';
import { type Augmentation, drawTransforms, epochBatches } from '../data/index.js';
import type { Model } from '../models/index.js';
import { gatherImages, type ImageSource } from '../ops/index.js';
import { streamKey } from '../rng.js';

/** Images whose statistics are taken, where there are as many; in training the running ones rest on some twenty batches. */
const IMAGES = 10_000;
const BATCH = 500;

/** Where a network's batch-norm statistics come from. */
export interface StatisticsSource {
  readonly images: ImageSource;
  /** Of the training images. */
  readonly indices: Int32Array;
  /** What training does to them. */
  readonly augment: readonly Augmentation[];
  readonly seed: number;
}

/**
 * Works out the statistics of batch normalisation for weights that no step trained, as averaged ones are (Izmailov et al. 2018,
 * section 3.2): mean and unbiased variance of each channel over batches of training images, up to 10,000 of them, drawn by the seed
 * and augmented as in training, each batch normalised by its own. The model's buffers hold them from now on.
 * @throws the signal's reason, between two batches; the buffers are then of no use
 */
export async function takeBatchStatistics(
  model: Model,
  { images, indices, augment, seed }: StatisticsSource,
  signal?: AbortSignal,
): Promise<void> {
  const key = streamKey(seed, 'statistics');
  let seen = 0;
  for (const batch of epochBatches(indices, BATCH, key, 0)) {
    seen += batch.length;
    const share = batch.length / seen;
    const transforms = augment.length === 0 ? undefined : drawTransforms(batch, augment, key, 0);
    tf.tidy(() => {
      const x = gatherImages(
        tf.tensor1d(batch, 'int32'),
        images,
        transforms && tf.tensor1d(transforms, 'int32'),
      );
      noteBatch(model, x, share, seen);
    });
    if (seen >= IMAGES) break;
    await setImmediate();
    signal?.throwIfAborted();
  }
}

/** Moves the running statistics by a share of the batch's: with 1 / k for batch k of equal ones, they are the mean of all. */
function noteBatch(model: Model, x: tf.Tensor4D, share: number, seen: number): void {
  const clock = tf.tensor1d([seen, 0, 0, 0], 'int32');
  model.forward(x, model.weights(clock), { sample: true, training: true, clock, statisticsShare: share });
}
