import { claim, onward } from './claims';
import { address, arg, argF, roomy } from './common';
import { convolveImage, prepareFilter } from './conv-filter';
import { convSize, G_Y_HEIGHT, imageBytes, paddedImageBytes, preparePadded } from './geometry';
import { standardDeviations } from './pairs';
import { arrangeMoments, lineMomentsBytes, lineSize, outLineBytes, STD } from './sample-places';
import { winogradFilterBytes } from './winograd';

/*
 * Mean and variance of a convolution whose weights have a Gaussian posterior. Of an instruction's arguments those from `x` on are
 * x, mu, variance, biasMu, biasVariance (0: none), clamp. Scratch: a padded image, planes of mean and variance, the prepared
 * filters and their room.
 */

/** Bytes of a plane of one image's values before the pool. */
// @ts-ignore: decorator
@inline
export function planeBytes(g: usize): usize {
  return roomy(<usize>convSize(g) << 2);
}

// @ts-ignore: decorator
@inline
function filtersAt(g: usize, scratch: usize): usize {
  return scratch + roomy(paddedImageBytes(g)) + 2 * planeBytes(g);
}

/** Before `moments`. */
export function prepareMoments(args: usize, x: i32, scratch: usize): void {
  const g = address(args, 0);
  prepareFilter(g, address(args, x + 2), prepareFilter(g, address(args, x + 1), filtersAt(g, scratch)));
}

/** Mean and variance of row `row` of x; returns the former's plane, the latter's lies behind it. */
export function moments(args: usize, x: i32, row: i32, scratch: usize): usize {
  const g = address(args, 0);
  const image = address(args, x) + <usize>row * imageBytes(g);
  const mean = scratch + roomy(paddedImageBytes(g));
  const filter = filtersAt(g, scratch);
  const varianceFilter = filter + winogradFilterBytes(g);
  const room = varianceFilter + winogradFilterBytes(g);
  const plain = preparePadded(g, image, scratch, false, 0);
  convolveImage(g, plain, address(args, x + 1), filter, address(args, x + 3), mean, room);
  const square = preparePadded(g, image, scratch, true, argF(args, x + 5));
  const variance = mean + planeBytes(g);
  convolveImage(g, square, address(args, x + 2), varianceFilter, address(args, x + 4), variance, room);
  return mean;
}

/** Bytes of one image's moments as Op.LrtConvMoments writes them. */
export function imageMomentsBytes(g: usize): usize {
  return <usize>load<i32>(g, G_Y_HEIGHT) * lineMomentsBytes(g);
}

/** Op.LrtConvMoments: geometry, images, x, ..., clamp, moments. Scratch: a line of the output, and as above. */
export function lrtConvMoments(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const images = arg(args, 1);
  const lines = load<i32>(g, G_Y_HEIGHT);
  const lineBytes = <usize>lineSize(g) << 2;
  const work = scratch + roomy(outLineBytes(g));
  let image = claim(images, threads);
  if (image == images) return;
  prepareMoments(args, 2, work);
  for (; image < images; image = onward(image + 1, images, threads)) {
    let mean = moments(args, 2, image, work);
    standardDeviations(mean + planeBytes(g), convSize(g));
    let to = address(args, 8) + <usize>image * imageMomentsBytes(g);
    for (let line = 0; line < lines; line++) {
      arrangeMoments(g, mean, to, scratch);
      arrangeMoments(g, mean + planeBytes(g), to + STD, scratch);
      mean += lineBytes;
      to += lineMomentsBytes(g);
    }
  }
}
