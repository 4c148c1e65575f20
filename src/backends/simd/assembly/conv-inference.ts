import { address, arg, argF, roomy } from './common';
import { convolve } from './conv-forward';
import { convSize, G_OUT_CHANNELS, G_WINOGRAD, imageBytes, outputSize, paddedImageBytes, preparePadded } from './geometry';
import { NOISE_BYTES, prepareNoise } from './noise-row';
import { firstRow, standardDeviations } from './pairs';
import { activateImage, drawRow } from './sample-pool';
import { transformFilter, winograd, winogradFilterBytes } from './winograd';

/*
 * Convolutions that no gradient follows: computed as in training, with nothing kept but the output.
 *
 * Scratch: noise area, a padded image, three planes of the convolution's size, Winograd's two filters and its room.
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

/** Makes filter number `i` of the call ready. */
function prepareFilter(g: usize, filter: usize, i: usize, scratch: usize): void {
  if (load<i32>(g, G_WINOGRAD)) transformFilter(g, filter, filtersAt(g, scratch) + i * winogradFilterBytes(g));
}

/** One image's convolution with filter number `i` of the call, before ReLU and pool. */
function convolveImage(g: usize, x: usize, filter: usize, bias: usize, i: usize, to: usize, scratch: usize): void {
  if (load<i32>(g, G_WINOGRAD) == 0) return convolve(g, x, filter, bias, load<i32>(g, G_OUT_CHANNELS), to);
  const filters = filtersAt(g, scratch);
  const size = winogradFilterBytes(g);
  winograd(g, x, filters + i * size, bias, to, filters + 2 * size);
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
  if (b < last) prepareFilter(g, filter, 0, scratch);
  for (; b < last; b++) {
    const x = preparePadded(g, address(args, 2) + <usize>b * imageBytes(g), paddedAt(scratch), false, 0);
    convolveImage(g, x, filter, address(args, 4), 0, conv, scratch);
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
  if (r < last) {
    prepareNoise(scratch, arg(args, 11), arg(args, 12));
    prepareFilter(g, address(args, MU), 0, scratch);
    prepareFilter(g, address(args, VARIANCE), 1, scratch);
  }
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
  const x = preparePadded(g, image, padded, false, 0);
  convolveImage(g, x, address(args, MU), address(args, BIAS_MU), 0, mean, scratch);
  const x2 = preparePadded(g, image, padded, true, argF(args, CLAMP));
  convolveImage(g, x2, address(args, VARIANCE), address(args, BIAS_VARIANCE), 1, std, scratch);
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
