import { address, arg, clear, shareStart, storeLanes } from './common';
import { philoxWords } from './philox';

/*
 * Flipout (Wen et al. 2018, eq. 5): one perturbation of the weights for the batch, decorrelated between images by
 * random signs of their input and output channels. A channel's sign is one bit of Philox4x32-7:
 * bit c % 32 of word (c / 32) % 4 of the block at [c / 128, image, step, sample].
 */

/** Writes an image's signs as float32 sign bits, one a channel and up to a whole block of 128. */
function drawSigns(to: usize, channels: i32, image: i32, clock: usize, key0: i32, key1: i32): void {
  for (let block = 0; block << 7 < channels; block++) {
    const words = to + (<usize>block << 9);
    // The four words go where the last signs of the block will be written last.
    const at = words + 496;
    philoxWords(at, block, image, load<i32>(clock), load<i32>(clock, 4), key0, key1);
    const w3 = load<i32>(at, 12);
    for (let k = 0; k < 4; k++) {
      const word = k == 3 ? w3 : load<i32>(at + (<usize>k << 2));
      for (let bit = 0; bit < 32; bit++) {
        store<i32>(words + (<usize>(32 * k + bit) << 2), (word >>> bit) << 31);
      }
    }
  }
}

/** Op.FlipSigns: images, cells, channels, x, clock, key0, key1, y = x times its signs; its own gradient. */
export function flipSigns(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const cells = arg(args, 1);
  const channels = arg(args, 2);
  const clock = address(args, 4);
  const row = <usize>channels << 2;
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    drawSigns(scratch, channels, load<i32>(clock, 8) + b, clock, arg(args, 5), arg(args, 6));
    let at = <usize>b * <usize>cells * row;
    for (let cell = 0; cell < cells; cell++, at += row) {
      for (let c = 0; c < channels; c += 4) {
        const k = <usize>c << 2;
        const flipped = v128.xor(v128.load(address(args, 3) + at + k), v128.load(scratch + k));
        storeLanes(address(args, 7) + at + k, flipped, channels - c);
      }
    }
  }
}

/**
 * Op.FlipoutSum: images, height, width, channels, relu, pool, mean, delta, clock, key0, key1, y, taps.
 * y = mean + signs delta, then ReLU and a 2x2 max-pool; taps: which cell of the window won, the first of equals.
 */
export function flipoutSum(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const height = arg(args, 1);
  const width = arg(args, 2);
  const channels = arg(args, 3);
  const pool = arg(args, 5) != 0;
  const floor = f32x4.splat(arg(args, 4) != 0 ? 0 : -Infinity);
  const clock = address(args, 8);
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  const step = pool ? 2 : 1;
  const cells = pool ? 4 : 1;
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    drawSigns(scratch, channels, load<i32>(clock, 8) + b, clock, arg(args, 9), arg(args, 10));
    const image = <usize>b * <usize>height * line;
    let to = <usize>b * <usize>(height / step) * <usize>(width / step) * pixel;
    for (let y = 0; y + step <= height; y += step) {
      for (let x = 0; x + step <= width; x += step, to += pixel) {
        const from = image + <usize>y * line + <usize>x * pixel;
        for (let c = 0; c < channels; c += 4) {
          const k = <usize>c << 2;
          const signs = v128.load(scratch + k);
          let best = f32x4.splat(-Infinity);
          let tap = i32x4.splat(0);
          for (let cell = 0; cell < cells; cell++) {
            const at = from + (cell & 2 ? line : 0) + (cell & 1 ? pixel : 0) + k;
            const delta = v128.xor(v128.load(address(args, 7) + at), signs);
            const value = f32x4.pmax(f32x4.add(v128.load(address(args, 6) + at), delta), floor);
            // NaN wins, and stays.
            const higher = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
            best = v128.bitselect(value, best, higher);
            tap = v128.bitselect(i32x4.splat(cell), tap, higher);
          }
          storeLanes(address(args, 11) + to + k, best, channels - c);
          storeLanes(address(args, 12) + to + k, tap, channels - c);
        }
      }
    }
  }
}

/** Op.FlipoutSumGrad: images, height, width, channels, relu, pool, dy, y, taps, clock, key0, key1, dMean, dDelta. */
export function flipoutSumGrad(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const height = arg(args, 1);
  const width = arg(args, 2);
  const channels = arg(args, 3);
  const relu = arg(args, 4) != 0;
  const step = arg(args, 5) != 0 ? 2 : 1;
  const clock = address(args, 9);
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  const size = <usize>height * line;
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    drawSigns(scratch, channels, load<i32>(clock, 8) + b, clock, arg(args, 10), arg(args, 11));
    const image = <usize>b * size;
    clear(address(args, 12) + image, size);
    clear(address(args, 13) + image, size);
    let from = <usize>b * <usize>(height / step) * <usize>(width / step) * pixel;
    for (let y = 0; y + step <= height; y += step) {
      for (let x = 0; x + step <= width; x += step) {
        const base = image + <usize>y * line + <usize>x * pixel;
        for (let c = 0; c < channels; c++, from += 4) {
          if (relu && load<f32>(address(args, 7) + from) <= 0) continue;
          const tap = load<i32>(address(args, 8) + from);
          const at = base + (tap & 2 ? line : 0) + (tap & 1 ? pixel : 0) + (<usize>c << 2);
          const bits = load<i32>(address(args, 6) + from);
          store<i32>(address(args, 12) + at, bits);
          store<i32>(address(args, 13) + at, bits ^ load<i32>(scratch + (<usize>c << 2)));
        }
      }
    }
  }
}
