import { IMAGE_BYTES, IMAGE_SHAPE } from '../dataset.js';
import type { RgbPicture } from './rgb.js';

const SIDE = IMAGE_SHAPE.width;

/** What `toImage` does to a picture of another size, for the results. */
export const RESIZE = 'largest centred square, antialiased triangle filter to 32 x 32';

/** Source pixels of one output pixel and their weights, which sum to 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * A picture as one image of the data set: 32 x 32 pixels, planar. One of that size keeps its bytes. Of any other the
 * largest centred square is resampled, along rows and then along columns, by a triangle filter that is as wide as
 * two output pixels where it shrinks (Pillow's `BILINEAR`), without rounding in between.
 * @returns [3072] bytes: red, green and blue planes
 */
export function toImage(picture: RgbPicture): Uint8Array {
  const side = Math.min(picture.width, picture.height);
  const left = Math.floor((picture.width - side) / 2);
  const top = Math.floor((picture.height - side) / 2);
  const taps = Array.from({ length: SIDE }, (_, i) => tapsAt(i, side));
  const image = new Uint8Array(IMAGE_BYTES);
  for (let channel = 0; channel < IMAGE_SHAPE.channels; channel++) {
    const rows = new Float64Array(side * SIDE);
    for (let y = 0; y < side; y++) {
      const start = ((top + y) * picture.width + left) * 3 + channel;
      for (let x = 0; x < SIDE; x++) rows[y * SIDE + x] = weighted(picture.pixels, start, 3, taps[x]);
    }
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++)
        image[(channel * SIDE + y) * SIDE + x] = Math.round(weighted(rows, x, SIDE, taps[y]));
  }
  return image;
}

function weighted(
  values: ArrayLike<number>,
  start: number,
  stride: number,
  { first, weights }: Taps,
): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * values[start + (first + i) * stride];
  return sum;
}

function tapsAt(output: number, side: number): Taps {
  const scale = side / SIDE;
  const radius = Math.max(scale, 1);
  const centre = (output + 0.5) * scale;
  const first = Math.max(0, Math.floor(centre - radius + 0.5));
  const end = Math.min(side, Math.floor(centre + radius + 0.5));
  const weights = Float64Array.from({ length: end - first }, (_, i) =>
    Math.max(0, 1 - Math.abs((first + i + 0.5 - centre) / radius)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { first, weights: weights.map((weight) => weight / sum) };
}
