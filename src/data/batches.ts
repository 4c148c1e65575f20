import { BayescnnError } from '../errors.js';
import { permutation, type StreamKey } from '../rng.js';

/**
 * An epoch's mini-batches in shuffled order; the last one may be short. The order depends on (key, epoch)
 * alone, so a resumed run sees the batches that it would have seen.
 * @param indices images to use, each once
 * @param skip batches at the epoch's beginning to leave out
 */
export function* epochBatches(
  indices: Int32Array,
  batchSize: number,
  key: StreamKey,
  epoch: number,
  skip = 0,
): Generator<Int32Array, void> {
  checkBatchSize(batchSize);
  const order = permutation(indices.length, key, epoch);
  for (let at = skip * batchSize; at < order.length; at += batchSize) {
    yield order.slice(at, at + batchSize).map((i) => indices[i]);
  }
}

/** Mini-batches in the given order; the last one may be short. The batches are views of `indices`. */
export function* sequentialBatches(indices: Int32Array, batchSize: number): Generator<Int32Array, void> {
  checkBatchSize(batchSize);
  for (let at = 0; at < indices.length; at += batchSize) yield indices.subarray(at, at + batchSize);
}

function checkBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new BayescnnError('config', `batch size: must be a whole number of at least 1, got ${batchSize}`, {
      hint: 'e.g. train.batchSize=128',
    });
  }
}
