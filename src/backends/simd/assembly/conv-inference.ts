import { address, arg, argF, roomy } from './common';
import { convolveImage, prepareFilter } from './conv-filter';
import { convSize, imageBytes, outputSize, paddedImageBytes, preparePadded } from './geometry';
import { NOISE_BYTES, prepareNoise } from './noise-row';
import { firstRow, standardDeviations } from './pairs';
import { activateImage, drawRow } from './sample-pool';
import { winogradFilterBytes } from './winograd';

/*
 * Convolutions that no gradient follows: computed as in training, with nothing kept but the output.
 *
 * Scratch: noise area, a padded image, three planes of the convolution's size, the prepared filters and their room.
 */

// @ts-ignore: decorator
@inline
function paddedAt(scratch: usize): usize {
  return scratch + roomy(NOISE_BYTES);
}

// @ts-ignore: decorator
@inline
function planeAt(g: usize, scratch: usize, i: usize): usize {
  return paddedAt(scratch) + roomy(paddedImageBytes(g)) + i * roomy(<usize>convSize(g) << 2);
}

// @ts-ignore: decorator
@inline
function filtersAt(g: usize, scratch: usize): usize {
  return planeAt(g, scratch, 3);
}

/** Op.ConvInference: geometry, images, x, filter, bias (0: none), y. */
export function convInference(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const images = arg(args, 1);
  const filter = address(args, 3);
  const conv = planeAt(g, scratch, 0);
  const outBytes = <usize>outputSize(g) << 2;
  const last = firstRow(images, tid + 1, threads);
  let b = firstRow(images, tid, threads);
  if (b == last) return;
  const prepared = filtersAt(g, scratch);
  const room = prepareFilter(g, filter, prepared);
  for (; b < last; b++) {
    const x = preparePadded(g, address(args, 2) + <usize>b * imageBytes(g), paddedAt(scratch), false, 0);
    convolveImage(g, x, filter, prepared, address(args, 4), conv, room);
    activateImage(g, conv, address(args, 5) + <usize>b * outBytes);
  }
}

/*
 * Op.LrtConvInference: geometry, rows, repeat, samples, x, mu, variance, biasMu, biasVariance (0: none), clock,
 * epsilon (0: draw), key0, key1, clamp, y. Row r of y is sample r % samples of image r / samples, made from row
 * r / repeat of x: where samples part, repeat is their number, else 1.
 */
const REPEAT: i32 = 2;
const SAMPLES: i32 = 3;
const X: i32 = 4;
const MU: i32 = 5;
const VARIANCE: i32 = 6;
const BIAS_MU: i32 = 7;
const BIAS_VARIANCE: i32 = 8;
const CLOCK: i32 = 9;
const EPSILON: i32 = 10;
const CLAMP: i32 = 13;
const Y: i32 = 14;

export function lrtConvInference(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const rows = arg(args, 1);
  const repeat = arg(args, REPEAT);
  const mean = planeAt(g, scratch, 0);
  const std = planeAt(g, scratch, 1);
  const last = firstRow(rows, tid + 1, threads);
  let r = firstRow(rows, tid, threads);
  if (r == last) return;
  prepareNoise(scratch, arg(args, 11), arg(args, 12));
  prepareFilter(g, address(args, VARIANCE), prepareFilter(g, address(args, MU), filtersAt(g, scratch)));
  let known = -1;
  for (; r < last; r++) {
    const image = r / repeat;
    if (image != known) moments(args, address(args, X) + <usize>image * imageBytes(g), mean, std, scratch);
    known = image;
    drawAndStore(args, r, mean, std, planeAt(g, scratch, 2), scratch);
  }
}

/** Mean and standard deviation of one image's convolution; samples that part here share them. */
function moments(args: usize, image: usize, mean: usize, std: usize, scratch: usize): void {
  const g = address(args, 0);
  const padded = paddedAt(scratch);
  const filter = filtersAt(g, scratch);
  const varianceFilter = filter + winogradFilterBytes(g);
  const room = varianceFilter + winogradFilterBytes(g);
  const x = preparePadded(g, image, padded, false, 0);
  convolveImage(g, x, address(args, MU), filter, address(args, BIAS_MU), mean, room);
  const x2 = preparePadded(g, image, padded, true, argF(args, CLAMP));
  convolveImage(g, x2, address(args, VARIANCE), varianceFilter, address(args, BIAS_VARIANCE), std, room);
  standardDeviations(std, convSize(g));
}

/** Draws row r from its moments to `values` and stores what ReLU and pool leave. */
function drawAndStore(args: usize, r: i32, mean: usize, std: usize, values: usize, scratch: usize): void {
  const g = address(args, 0);
  const size = convSize(g);
  const samples = arg(args, SAMPLES);
  const clock = address(args, CLOCK);
  const epsilon = address(args, EPSILON);
  const given = epsilon ? epsilon + (<usize>r * <usize>size << 2) : 0;
  const image = epsilon ? 0 : load<i32>(clock, 8) + r / samples;
  const step = epsilon ? 0 : load<u32>(clock);
  const sample = epsilon ? 0 : load<i32>(clock, 4) + (r % samples);
  drawRow(mean, std, given, values, size, scratch, image, step, sample);
  activateImage(g, values, address(args, Y) + (<usize>r * <usize>outputSize(g) << 2));
}
