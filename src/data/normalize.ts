import { IMAGE_BYTES, IMAGE_SHAPE, type Split } from './dataset.js';

const { channels } = IMAGE_SHAPE;
const PLANE = IMAGE_SHAPE.height * IMAGE_SHAPE.width;

/** Per-channel mean and standard deviation of pixels scaled to [0, 1]. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** [3 * 256] float32 values of (byte / 255 - mean) / std: entry `channel * 256 + byte`. */
export function normalizationTable({ mean, std }: Normalization): Float32Array {
  return Float32Array.from({ length: channels * 256 }, (_, i) => {
    const channel = i >> 8;
    return ((i & 255) / 255 - mean[channel]) / std[channel];
  });
}

/**
 * Normalised images of a batch, [n, 32, 32, 3] (NHWC, as TF.js wants them).
 * @param table from `normalizationTable`
 * @param out memory to fill; at least n * 3072 values
 */
export function gatherImages(
  split: Split,
  indices: Int32Array,
  table: Float32Array,
  out = new Float32Array(indices.length * IMAGE_BYTES),
): Float32Array {
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] * IMAGE_BYTES;
    for (let channel = 0; channel < channels; channel++) {
      const plane = from + channel * PLANE;
      const row = channel << 8;
      let to = i * IMAGE_BYTES + channel;
      for (let pixel = 0; pixel < PLANE; pixel++, to += channels)
        out[to] = table[row + split.images[plane + pixel]];
    }
  }
  return out;
}

/** Labels of a batch, [n]. */
export function gatherLabels(split: Split, indices: Int32Array): Int32Array {
  return indices.map((i) => split.labels[i]);
}
