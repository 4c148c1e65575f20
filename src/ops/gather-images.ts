import { tf } from '../backends/tfjs.js';
import { IMAGE_BYTES, IMAGE_SHAPE } from '../data/dataset.js';
import { checkIndices } from './check-indices.js';
import { hasKernel, runKernel } from './kernel.js';

/** Bytes to take images from, and the normalisation of each channel. */
export interface ImageSource {
  /** [n * 3072] planar pixels, as in the archive. */
  readonly images: Uint8Array;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

const { height, width, channels } = IMAGE_SHAPE;
const PLANE = height * width;

/**
 * Normalised images: (byte / 255 - mean) / std, rounded to float32 at each operation as torchvision does.
 * @param indices int32 [B]
 * @returns float32 [B, 32, 32, 3]
 * @throws BayescnnError 'data' for an index outside the source (compositions only)
 */
export function gatherImages(indices: tf.Tensor1D, source: ImageSource): tf.Tensor4D {
  if (hasKernel('GatherImages'))
    return runKernel('GatherImages', { indices }, { ...source })[0] as tf.Tensor4D;
  const chosen = checkIndices('gatherImages', indices, source.images.length / IMAGE_BYTES);
  const tables = source.mean.map((mean, channel) => lookupTable(mean, source.std[channel]));
  const values = new Float32Array(chosen.length * IMAGE_BYTES);
  for (let i = 0; i < chosen.length; i++) {
    copyImage(values, i * IMAGE_BYTES, source.images, chosen[i] * IMAGE_BYTES, tables);
  }
  return tf.tensor4d(values, [chosen.length, height, width, channels]);
}

/** The normalised value of each of the 256 bytes. */
function lookupTable(mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const centred = Math.fround(Math.fround(byte / 255) - Math.fround(mean));
    return centred / Math.fround(std);
  });
}

function copyImage(
  out: Float32Array,
  to: number,
  bytes: Uint8Array,
  from: number,
  tables: Float32Array[],
): void {
  for (let channel = 0; channel < channels; channel++) {
    const plane = from + channel * PLANE;
    for (let i = 0; i < PLANE; i++) out[to + i * channels + channel] = tables[channel][bytes[plane + i]];
  }
}
