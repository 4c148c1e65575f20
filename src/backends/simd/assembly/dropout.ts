import { address, arg, argF, shareStart, storeLanes } from './common';
import { prepareKeys } from './noise';
import { ROUNDS } from './philox';

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
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  for (let e = 0; e < size; e += 16) {
    let c0 = i32x4.add(i32x4.splat(e >>> 2), i32x4(0, 1, 2, 3));
    let c1 = i32x4.splat(image);
    let c2 = i32x4.splat(step);
    let c3 = i32x4.splat(sample);
    let keys = schedule;
    for (let round = 0; round < ROUNDS; round++, keys += 32) {
      const a = i64x2.extmul_low_i32x4_u(c0, m0);
      const b = i64x2.extmul_high_i32x4_u(c0, m0);
      const c = i64x2.extmul_low_i32x4_u(c2, m1);
      const d = i64x2.extmul_high_i32x4_u(c2, m1);
      c0 = v128.xor(v128.xor(i32x4.shuffle(c, d, 1, 3, 5, 7), c1), v128.load(keys));
      c2 = v128.xor(v128.xor(i32x4.shuffle(a, b, 1, 3, 5, 7), c3), v128.load(keys, 16));
      c1 = i32x4.shuffle(c, d, 0, 2, 4, 6);
      c3 = i32x4.shuffle(a, b, 0, 2, 4, 6);
    }
    const at = <usize>e << 2;
    keep(from + at, to + at, c0, threshold, scale, size - e);
    if (e + 4 < size) keep(from + at + 16, to + at + 16, c1, threshold, scale, size - e - 4);
    if (e + 8 < size) keep(from + at + 32, to + at + 32, c2, threshold, scale, size - e - 8);
    if (e + 12 < size) keep(from + at + 48, to + at + 48, c3, threshold, scale, size - e - 12);
  }
}

/** Four elements times scale or 0, by their words. A product with 0, as other engines form it: NaN stays. */
// @ts-ignore: decorator
@inline
function keep(from: usize, to: usize, words: v128, threshold: v128, scale: v128, left: i32): void {
  const mask = v128.and(scale, i32x4.ge_u(words, threshold));
  storeLanes(to, f32x4.mul(v128.load(from), mask), left);
}
