import { claim, onward } from './claims';
import { address, arg, roomy } from './common';
import { convolveImage, prepareFilter } from './conv-filter';
import { convSize, imageBytes, outputSize, paddedImageBytes, preparePadded } from './geometry';
import { activateImage } from './sample-pool';

/**
 * A convolution that no gradient follows: computed as in training, with nothing kept but the output. Op.ConvInference: geometry,
 * images, x, filter, bias (0: none), y. Scratch: a padded image, a plane of values before the pool, the prepared filter and its room.
 */
export function convInference(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const images = arg(args, 1);
  const filter = address(args, 3);
  const conv = scratch + roomy(paddedImageBytes(g));
  const outBytes = <usize>outputSize(g) << 2;
  let b = claim(images, threads);
  if (b == images) return;
  const prepared = conv + roomy(<usize>convSize(g) << 2);
  const room = prepareFilter(g, filter, prepared);
  for (; b < images; b = onward(b + 1, images, threads)) {
    const x = preparePadded(g, address(args, 2) + <usize>b * imageBytes(g), scratch, false, 0);
    convolveImage(g, x, filter, prepared, address(args, 4), conv, room);
    activateImage(g, conv, address(args, 5) + <usize>b * outBytes);
  }
}
