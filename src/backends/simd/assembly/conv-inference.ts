import { claim, claimEnd, onward } from './claims';
import { address, arg, argF, roomy } from './common';
import { convolveImage, prepareFilter } from './conv-filter';
import { convSize, G_Y_HEIGHT, imageBytes, outputSize, paddedImageBytes, preparePadded } from './geometry';
import { SHARED_IMAGES, sharedBits } from './noise';
import { drawRow, NOISE_BYTES, prepareNoise, startRow } from './noise-row';
import { standardDeviations } from './pairs';
import { activateImage, lineSize, outLineBytes, sampleLine } from './sample-pool';
import { winogradFilterBytes } from './winograd';

/* Convolutions that no gradient follows: computed as in training, with nothing kept but the output. */

// @ts-ignore: decorator
@inline
function paddedAt(scratch: usize): usize {
  return scratch + roomy(NOISE_BYTES);
}

// @ts-ignore: decorator
@inline
function planeAt(g: usize, scratch: usize, i: usize): usize {
  return paddedAt(scratch) + roomy(paddedImageBytes(g)) + i * planeBytes(g);
}

// @ts-ignore: decorator
@inline
function planeBytes(g: usize): usize {
  return roomy(<usize>convSize(g) << 2);
}

/** Op.ConvInference: geometry, images, x, filter, bias (0: none), y. Scratch: as below, with one plane. */
export function convInference(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const images = arg(args, 1);
  const filter = address(args, 3);
  const conv = planeAt(g, scratch, 0);
  const outBytes = <usize>outputSize(g) << 2;
  let b = claim(images, threads);
  if (b == images) return;
  const prepared = planeAt(g, scratch, 1);
  const room = prepareFilter(g, filter, prepared);
  for (; b < images; b = onward(b + 1, images, threads)) {
    const x = preparePadded(g, address(args, 2) + <usize>b * imageBytes(g), paddedAt(scratch), false, 0);
    convolveImage(g, x, filter, prepared, address(args, 4), conv, room);
    activateImage(g, conv, address(args, 5) + <usize>b * outBytes);
  }
}

/*
 * Op.LrtConvInference: geometry, rows, repeat, samples, x, mu, variance, biasMu, biasVariance (0: none), clock,
 * epsilon (0: draw), key0, key1, clamp, y. Row r of y is sample r % samples of image r / samples, made from row
 * r / repeat of x: where samples part, repeat is their number, else 1.
 *
 * The work is cut into samples of blocks of images that share their draws (`drawNumber` of noise.ts): the noise of a block's
 * sample is drawn once. Scratch: noise area, a padded image, a row of noise, planes of mean and standard deviation (of each of
 * a block's images, where samples part), the prepared filters and their room.
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
  const samples = arg(args, SAMPLES);
  const images = arg(args, 1) / samples;
  const parts = arg(args, REPEAT) > 1;
  const given = address(args, EPSILON) != 0;
  const bits = given ? 0 : sharedBits(address(args, CLOCK));
  const start = given ? 0 : load<i32>(address(args, CLOCK), 8);
  const before = start >> bits;
  const draws = (((start + images - 1) >> bits) - before + 1) * samples;
  let draw = claim(draws, threads);
  if (draw == draws) return;
  prepareNoise(scratch, arg(args, 11), arg(args, 12));
  const filters = lrtFiltersAt(g, scratch, parts);
  prepareFilter(g, address(args, VARIANCE), prepareFilter(g, address(args, MU), filters));
  let ready = -1;
  while (draw < draws) {
    const block = before + draw / samples;
    const sample = draw % samples;
    const end = min<i32>(samples, sample + claimEnd() - draw);
    const from = max<i32>((block << bits) - start, 0);
    const to = min<i32>(((block + 1) << bits) - start, images);
    if (parts) {
      if (block != ready) for (let i = from; i < to; i++) moments(args, i, i - from, filters, scratch);
      ready = block;
      partedBlock(args, block, from, to, sample, end, scratch);
    } else {
      rowBlock(args, block, from, to, sample, end, filters, scratch);
    }
    draw = onward(draw + end - sample, draws, threads);
  }
}

/**
 * Samples `sample` to `end` - 1 of images `from` to `to` - 1, which part here, from their moments. Line by line, so that those of
 * all images stay in the first cache while the samples pass.
 */
function partedBlock(args: usize, block: i32, from: i32, to: i32, sample: i32, end: i32, scratch: usize): void {
  const g = address(args, 0);
  const lines = load<i32>(g, G_Y_HEIGHT);
  const size = lineSize(g);
  for (let line = 0; line < lines; line++) {
    for (let s = sample; s < end; s++) {
      const noise = noiseOf(args, block, s, line * size, size, scratch);
      for (let image = from; image < to; image++) {
        const mean = planeAt(g, scratch, 1 + 2 * (image - from)) + (<usize>(line * size) << 2);
        const row = image * arg(args, SAMPLES) + s;
        const epsilon = noise ? noise : givenAt(args, row) + (<usize>(line * size) << 2);
        sampleLine(g, mean, mean + planeBytes(g), epsilon, yAt(args, row) + <usize>line * outLineBytes(g));
      }
    }
  }
}

/** The same of images whose samples parted before: each row has moments of its own. */
function rowBlock(args: usize, block: i32, from: i32, to: i32, sample: i32, end: i32, filters: usize, scratch: usize): void {
  const g = address(args, 0);
  const lines = load<i32>(g, G_Y_HEIGHT);
  const lineBytes = <usize>lineSize(g) << 2;
  for (let s = sample; s < end; s++) {
    const noise = noiseOf(args, block, s, 0, convSize(g), scratch);
    for (let image = from; image < to; image++) {
      const row = image * arg(args, SAMPLES) + s;
      moments(args, row, 0, filters, scratch);
      let mean = planeAt(g, scratch, 1);
      let epsilon = noise ? noise : givenAt(args, row);
      let y = yAt(args, row);
      for (let line = 0; line < lines; line++) {
        sampleLine(g, mean, mean + planeBytes(g), epsilon, y);
        mean += lineBytes;
        epsilon += lineBytes;
        y += outLineBytes(g);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function givenAt(args: usize, row: i32): usize {
  return address(args, EPSILON) + (<usize>row * <usize>convSize(address(args, 0)) << 2);
}

// @ts-ignore: decorator
@inline
function yAt(args: usize, row: i32): usize {
  return address(args, Y) + (<usize>row * <usize>outputSize(address(args, 0)) << 2);
}

/** Behind the row of noise and the moments' planes. */
function lrtFiltersAt(g: usize, scratch: usize, parts: bool): usize {
  return planeAt(g, scratch, parts ? 1 + 2 * SHARED_IMAGES : 3);
}

/** Mean and standard deviation of row `row` of x, to the planes of image `i` of its block. */
function moments(args: usize, row: i32, i: i32, filter: usize, scratch: usize): void {
  const g = address(args, 0);
  const image = address(args, X) + <usize>row * imageBytes(g);
  const mean = planeAt(g, scratch, 1 + 2 * i);
  const std = mean + planeBytes(g);
  const padded = paddedAt(scratch);
  const varianceFilter = filter + winogradFilterBytes(g);
  const room = varianceFilter + winogradFilterBytes(g);
  const x = preparePadded(g, image, padded, false, 0);
  convolveImage(g, x, address(args, MU), filter, address(args, BIAS_MU), mean, room);
  const x2 = preparePadded(g, image, padded, true, argF(args, CLAMP));
  convolveImage(g, x2, address(args, VARIANCE), varianceFilter, address(args, BIAS_VARIANCE), std, room);
  standardDeviations(std, convSize(g));
}

/** Elements `first` to `first` + `size` - 1 of the noise of a block's sample; 0 where epsilon is given. */
function noiseOf(args: usize, block: i32, sample: i32, first: i32, size: i32, scratch: usize): usize {
  if (address(args, EPSILON)) return 0;
  const clock = address(args, CLOCK);
  const to = planeAt(address(args, 0), scratch, 0);
  startRow(scratch, block, load<u32>(clock), load<i32>(clock, 4) + sample);
  return drawRow(scratch, first, size, to);
}
