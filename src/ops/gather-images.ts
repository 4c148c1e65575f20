import { tf } from '../backends/tfjs.js';
import { IMAGE_BYTES, IMAGE_SHAPE } from '../data/dataset.js';
import { BayescnnError } from '../errors.js';
import { checkIndices } from './check-indices.js';
import { checkTensor } from './check-tensors.js';
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
 * @param transforms int32 [3 B], for each image: the window's move down and right (at most 32 pixels, black outside
 * the image) and whether the result is mirrored left to right; none: the images as they are
 * @returns float32 [B, 32, 32, 3]
 * @throws BayescnnError 'failure' for inputs of another type, 'data' for an index outside the source (compositions only)
 */
export function gatherImages(
  indices: tf.Tensor1D,
  source: ImageSource,
  transforms?: tf.Tensor1D,
): tf.Tensor4D {
  checkTensor('gatherImages', 'indices', indices, indices.shape, 'int32');
  checkTransforms(indices, transforms);
  if (hasKernel('GatherImages'))
    return runKernel('GatherImages', { indices, transforms }, { ...source })[0] as tf.Tensor4D;
  const chosen = checkIndices('gatherImages', indices, source.images.length / IMAGE_BYTES);
  const tables = source.mean.map((mean, channel) => lookupTable(mean, source.std[channel]));
  const values = new Float32Array(chosen.length * IMAGE_BYTES);
  const windows = transforms?.dataSync() as Int32Array | undefined;
  const { images } = source;
  for (let i = 0; i < chosen.length; i++) {
    const [to, from] = [i * IMAGE_BYTES, chosen[i] * IMAGE_BYTES];
    if (windows === undefined) copyImage(values, to, images, from, tables);
    else copyWindow(values, to, images, from, tables, windows.subarray(3 * i, 3 * i + 3));
  }
  return tf.tensor4d(values, [chosen.length, height, width, channels]);
}

function checkTransforms(indices: tf.Tensor1D, transforms: tf.Tensor1D | undefined): void {
  if (transforms === undefined) return;
  if (transforms.dtype === 'int32' && transforms.size === 3 * indices.size) return;
  throw new BayescnnError(
    'failure',
    `gatherImages: transforms must be int32 [${3 * indices.size}], got ${transforms.dtype} [${transforms.shape}]`,
    { hint: 'give down, right and flip for each image' },
  );
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

/** As `copyImage`, through a window [down, right, flip]; the padding is black before it is normalised. */
function copyWindow(
  out: Float32Array,
  to: number,
  bytes: Uint8Array,
  from: number,
  tables: Float32Array[],
  [down, right, flip]: Int32Array,
): void {
  for (let i = 0; i < PLANE; i++) {
    const column = i % width;
    const x = (flip === 0 ? column : width - 1 - column) + right;
    const y = Math.floor(i / width) + down;
    const inside = x >= 0 && x < width && y >= 0 && y < height;
    for (let channel = 0; channel < channels; channel++) {
      const byte = inside ? bytes[from + channel * PLANE + y * width + x] : 0;
      out[to + i * channels + channel] = tables[channel][byte];
    }
  }
}
