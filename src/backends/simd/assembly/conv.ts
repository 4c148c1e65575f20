import { constant } from './constants';
import { address, arg, argF, roomy, shareStart } from './common';
import { convolveImage, prepareFilter } from './conv-filter';
import { convSize, imageBytes, outputSize, paddedImageBytes, preparePadded } from './geometry';
import { drawNumber } from './noise';
import { CHUNK, drawChunk, DRAWS, NOISE_BYTES, prepareNoise, startRow } from './noise-row';
import { reluPool } from './pool';
import { poolsInPlanes, winogradPooled } from './winograd';

/** Op.ConvForward: geometry, images, x, filter, bias (0: none), y, taps. */
export function convForward(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const images = arg(args, 1);
  const padded = scratch;
  const conv = padded + roomy(paddedImageBytes(g));
  const filter = conv + roomy(<usize>convSize(g) << 2);
  const outBytes = <usize>outputSize(g) << 2;
  const last = shareStart(images, tid + 1, threads);
  const first = shareStart(images, tid, threads);
  if (first == last) return;
  const room = prepareFilter(g, address(args, 3), filter);
  const pooled = poolsInPlanes(g);
  for (let b = first; b < last; b++) {
    const x = preparePadded(g, address(args, 2) + <usize>b * imageBytes(g), padded, false, 0);
    const at = <usize>b * outBytes;
    if (pooled) {
      winogradPooled(g, x, filter, address(args, 4), address(args, 5) + at, address(args, 6) + at, room);
      continue;
    }
    convolveImage(g, x, address(args, 3), filter, address(args, 4), conv, room);
    reluPool(g, conv, 0, address(args, 5) + at, address(args, 6) + at, 0);
  }
}

/**
 * Op.LrtConvForward: geometry, images, x, mu, variance, biasMu, biasVariance (0: none), clock, epsilon (0: draw),
 * key0, key1, clamp, y, taps, c. Local reparameterization, Kingma et al. 2015, eq. 6: one normal an activation.
 */
export function lrtConvForward(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const images = arg(args, 1);
  const size = convSize(g);
  const noise = scratch;
  const padded = noise + roomy(NOISE_BYTES);
  const squared = padded + roomy(paddedImageBytes(g));
  const mean = squared + roomy(paddedImageBytes(g));
  const variance = mean + roomy(<usize>size << 2);
  const filter = variance + roomy(<usize>size << 2);
  const clock = address(args, 7);
  const outBytes = <usize>outputSize(g) << 2;
  prepareNoise(noise, arg(args, 9), arg(args, 10));
  const last = shareStart(images, tid + 1, threads);
  const first = shareStart(images, tid, threads);
  if (first == last) return;
  const varianceFilter = prepareFilter(g, address(args, 3), filter);
  const room = prepareFilter(g, address(args, 4), varianceFilter);
  for (let b = first; b < last; b++) {
    const image = address(args, 2) + <usize>b * imageBytes(g);
    const x = preparePadded(g, image, padded, false, 0);
    convolveImage(g, x, address(args, 3), filter, address(args, 5), mean, room);
    const x2 = preparePadded(g, image, squared, true, argF(args, 11));
    convolveImage(g, x2, address(args, 4), varianceFilter, address(args, 6), variance, room);
    const epsilon = address(args, 8);
    if (epsilon) reparameterizeGiven(mean, variance, epsilon + ((<usize>b * <usize>size) << 2), size);
    else reparameterize(mean, variance, size, noise, clock, b);
    const at = <usize>b * outBytes;
    reluPool(g, mean, variance, address(args, 12) + at, address(args, 13) + at, address(args, 14) + at);
  }
}

/** mean += sqrt(variance) eps; variance becomes eps / (2 sqrt(variance)), the derivative of the draw by the variance. */
// @ts-ignore: decorator
@inline
export function draw(mean: usize, variance: usize, epsilon: v128): void {
  const v = v128.load(variance);
  const std = f32x4.sqrt(f32x4.pmax(v, constant(48 /* 1e-30 */)));
  v128.store(mean, f32x4.add(v128.load(mean), f32x4.mul(std, epsilon)));
  const half = f32x4.div(f32x4.mul(epsilon, constant(23 /* 0.5 */)), std);
  v128.store(variance, v128.and(half, f32x4.gt(v, constant(48 /* 1e-30 */))));
}

function reparameterizeGiven(mean: usize, variance: usize, epsilon: usize, size: i32): void {
  const bytes = <usize>size << 2;
  for (let at: usize = 0; at < bytes; at += 16) draw(mean + at, variance + at, v128.load(epsilon + at));
}

/** The same with epsilon drawn for `image` of the batch; see noise.ts for the order of the draws. */
function reparameterize(mean: usize, variance: usize, size: i32, noise: usize, clock: usize, image: i32): void {
  startRow(noise, drawNumber(clock, image), load<u32>(clock), load<i32>(clock, 4));
  const bytes = <usize>size << 2;
  for (let from: usize = 0; from < bytes; from += <usize>CHUNK << 6) {
    const left = min<usize>(bytes - from, <usize>CHUNK << 6);
    drawChunk(noise, <i32>(from >> 6), <i32>((left + 63) >> 6));
    for (let at: usize = 0; at < left; at += 16) {
      draw(mean + from + at, variance + from + at, v128.load(noise + DRAWS + at));
    }
  }
}
