import { IMAGE_BYTES, IMAGE_SHAPE } from '../dataset.js';
import type { RgbPicture } from './rgb.js';
import { TRIANGLE, tapsOf, weighted } from './taps.js';

const SIDE = IMAGE_SHAPE.width;

/** What `toImage` does to a picture of another size, for the results. */
export const RESIZE = 'largest centred square, antialiased triangle filter to 32 x 32';

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
  const taps = tapsOf(side, SIDE, TRIANGLE);
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
