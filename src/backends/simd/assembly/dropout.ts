import { address, arg, argF, shareStart, storeLanes } from './common';
import { KEY_BYTES, prepareKeys, words16 } from './noise';

/**
 * Op.Dropout: rows, elements of a row, x, clock, key0, key1, threshold, scale, samples, repeat, y.
 * Row r of y is row r / repeat of x times its mask, that of sample r % samples of image r / samples: element e is kept,
 * and multiplied by `scale`, where word (e % 16) / 4 of the Philox4x32-7 block at
 * [4 (e / 16) + e % 4, image, step, sample] is at least `threshold`, unsigned. Srivastava et al. 2014.
 */
export function dropout(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const rows = arg(args, 0);
  const size = arg(args, 1);
  const clock = address(args, 3);
  const samples = arg(args, 8);
  const repeat = arg(args, 9);
  const bytes = <usize>size << 2;
  prepareKeys(scratch, arg(args, 4), arg(args, 5));
  const threshold = i32x4.splat(arg(args, 6));
  const scale = f32x4.splat(argF(args, 7));
  const last = shareStart(rows, tid + 1, threads);
  for (let row = shareStart(rows, tid, threads); row < last; row++) {
    const image = load<i32>(clock, 8) + row / samples;
    const sample = load<i32>(clock, 4) + (row % samples);
    const from = address(args, 2) + <usize>(row / repeat) * bytes;
    const to = address(args, 10) + <usize>row * bytes;
    maskRow(from, to, size, scratch, image, load<i32>(clock), sample, threshold, scale);
  }
}

function maskRow(
  from: usize, to: usize, size: i32, schedule: usize, image: i32, step: i32, sample: i32, threshold: v128, scale: v128,
): void {
  const words = schedule + KEY_BYTES;
  for (let e = 0; e < size; e += 16) {
    words16(words, schedule, e >> 4, image, step, sample);
    const left = min<i32>(16, size - e);
    for (let i = 0; i < left; i += 4) {
      const at = <usize>(e + i) << 2;
      keep(from + at, to + at, v128.load(words + (<usize>i << 2)), threshold, scale, size - e - i);
    }
  }
}

/** Four elements times scale or 0, by their words. A product with 0, as other engines form it: NaN stays. */
// @ts-ignore: decorator
@inline
function keep(from: usize, to: usize, words: v128, threshold: v128, scale: v128, left: i32): void {
  const mask = v128.and(scale, i32x4.ge_u(words, threshold));
  storeLanes(to, f32x4.mul(v128.load(from), mask), left);
}
