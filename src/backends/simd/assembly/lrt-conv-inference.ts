import { claim, claimEnd, onward } from './claims';
import { address, arg, roomy } from './common';
import { convSize, G_Y_HEIGHT, outputSize } from './geometry';
import { imageMomentsBytes, moments, planeBytes, prepareMoments } from './lrt-moments';
import { sharedBits } from './noise';
import { drawRow, NOISE_BYTES, prepareNoise, startRow } from './noise-row';
import { arrangeNoise, lineMomentsBytes, lineSize, outLineBytes, samplePlaces } from './sample-places';
import { sampleLine } from './sample-pool';

/*
 * The local reparameterization of a convolution that no gradient follows: computed as in training, with nothing kept but the output.
 *
 * Op.LrtConvInference: geometry, images, samples, clock, epsilon (0: draw), key0, key1, y, x, mu, variance, biasMu, biasVariance
 * (0: none), clamp. Row r of x and of y is sample r % samples of image r / samples.
 *
 * Where samples part Op.LrtConvMoments comes first, so that an image's moments are worked out once, then Op.LrtConvSamples: geometry,
 * images, samples, clock, epsilon, key0, key1, y, moments.
 *
 * Samples are cut into those of blocks of images that share their draws (`drawNumber` of noise.ts): the noise of a block's sample
 * is drawn once.
 */
const SAMPLES: i32 = 2;
const CLOCK: i32 = 3;
const EPSILON: i32 = 4;
const Y: i32 = 7;
const SOURCE: i32 = 8;

/** Scratch: noise area, noise, and as lrt-moments.ts says. */
export function lrtConvInference(args: usize, tid: i32, threads: i32, scratch: usize): void {
  drawBlocks(args, threads, false, scratch);
}

/** Scratch: noise area, noise, a line of the output, a line's noise in order. */
export function lrtConvSamples(args: usize, tid: i32, threads: i32, scratch: usize): void {
  drawBlocks(args, threads, true, scratch);
}

function drawBlocks(args: usize, threads: i32, parts: bool, scratch: usize): void {
  const images = arg(args, 1);
  const samples = arg(args, SAMPLES);
  const clock = drawClock(args);
  const bits = clock ? sharedBits(clock) : 0;
  const start = clock ? load<i32>(clock, 8) : 0;
  const before = start >> bits;
  const draws = (((start + images - 1) >> bits) - before + 1) * samples;
  let draw = claim(draws, threads);
  if (draw == draws) return;
  prepareNoise(scratch, arg(args, 5), arg(args, 6));
  if (!parts) prepareMoments(args, SOURCE, workAt(args, scratch));
  while (draw < draws) {
    const block = before + draw / samples;
    const sample = draw % samples;
    const end = min<i32>(samples, sample + claimEnd() - draw);
    const from = max<i32>((block << bits) - start, 0);
    const to = min<i32>(((block + 1) << bits) - start, images);
    if (parts) partedBlock(args, block, from, to, sample, end, scratch);
    else rowBlock(args, block, from, to, sample, end, scratch);
    draw = onward(draw + end - sample, draws, threads);
  }
}

/**
 * Samples `sample` to `end` - 1 of images `from` to `to` - 1 from their moments. Line by line, so that those of all images stay in
 * the first cache while the samples pass.
 */
function partedBlock(args: usize, block: i32, from: i32, to: i32, sample: i32, end: i32, scratch: usize): void {
  const g = address(args, 0);
  const lines = load<i32>(g, G_Y_HEIGHT);
  const size = lineSize(g);
  const room = workAt(args, scratch);
  const ordered = room + roomy(outLineBytes(g));
  for (let line = 0; line < lines; line++) {
    const first = line * size;
    for (let s = sample; s < end; s++) {
      const noise = noiseOf(args, block, s, first, size, scratch);
      if (noise) arrangeNoise(g, noise, ordered, room);
      for (let image = from; image < to; image++) {
        const row = image * arg(args, SAMPLES) + s;
        if (!noise) arrangeNoise(g, givenAt(args, row) + (<usize>first << 2), ordered, room);
        const at = address(args, SOURCE) + <usize>image * imageMomentsBytes(g) + <usize>line * lineMomentsBytes(g);
        samplePlaces(g, at, ordered, yAt(args, row) + <usize>line * outLineBytes(g));
      }
    }
  }
}

/** The same of images whose samples parted before: each row has moments of its own. */
function rowBlock(args: usize, block: i32, from: i32, to: i32, sample: i32, end: i32, scratch: usize): void {
  const g = address(args, 0);
  const lines = load<i32>(g, G_Y_HEIGHT);
  const lineBytes = <usize>lineSize(g) << 2;
  for (let s = sample; s < end; s++) {
    const noise = noiseOf(args, block, s, 0, convSize(g), scratch);
    for (let image = from; image < to; image++) {
      const row = image * arg(args, SAMPLES) + s;
      let mean = moments(args, SOURCE, row, workAt(args, scratch));
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

/** What names the draws; 0 where epsilon is given. */
// @ts-ignore: decorator
@inline
function drawClock(args: usize): usize {
  return address(args, EPSILON) ? 0 : address(args, CLOCK);
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

/** Elements `first` to `first` + `size` - 1 of the noise of a block's sample; 0 where epsilon is given. */
function noiseOf(args: usize, block: i32, sample: i32, first: i32, size: i32, scratch: usize): usize {
  const clock = drawClock(args);
  if (!clock) return 0;
  startRow(scratch, block, load<u32>(clock), load<i32>(clock, 4) + sample);
  return drawRow(scratch, first, size, scratch + roomy(NOISE_BYTES));
}

/** Behind the noise. */
// @ts-ignore: decorator
@inline
function workAt(args: usize, scratch: usize): usize {
  return scratch + roomy(NOISE_BYTES) + planeBytes(address(args, 0));
}
