import { madd } from './common';

/*
 * Products of small matrices in row-major order, in blocks of 4 rows by 8 columns: eight sums, two vectors of one factor
 * and four numbers of the other fill the registers. Lengths, steps and pitches (from a row to the next) are in bytes.
 */

/**
 * The block's sums over the pieces of a row of `a`, one or more; `table` has each piece's offset in a, and its rows' in b.
 * T tells a's pitch, 16 times its size: a literal becomes part of the loads.
 */
// @ts-ignore: decorator
@inline
function rowBlock<T>(a: usize, b: usize, pitchB: usize, length: usize, table: usize, tableEnd: usize, c: usize, pitchC: usize): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0);
  let s31 = f32x4.splat(0);
  let run = table;
  do {
    let p = a + <usize>load<u32>(run);
    let q = b + <usize>load<u32>(run, 4);
    const end = p + length;
    do {
      const w0 = v128.load(q);
      const w1 = v128.load(q, 16);
      const x0 = v128.load32_splat(p);
      const x1 = v128.load32_splat(p, 16 * sizeof<T>());
      const x2 = v128.load32_splat(p, 32 * sizeof<T>());
      const x3 = v128.load32_splat(p, 48 * sizeof<T>());
      s00 = madd(s00, x0, w0);
      s01 = madd(s01, x0, w1);
      s10 = madd(s10, x1, w0);
      s11 = madd(s11, x1, w1);
      s20 = madd(s20, x2, w0);
      s21 = madd(s21, x2, w1);
      s30 = madd(s30, x3, w0);
      s31 = madd(s31, x3, w1);
      p += 4;
      q += pitchB;
    } while (p < end);
    run += 8;
  } while (run < tableEnd);
  v128.store(c, s00);
  v128.store(c, s01, 16);
  c += pitchC;
  v128.store(c, s10);
  v128.store(c, s11, 16);
  c += pitchC;
  v128.store(c, s20);
  v128.store(c, s21, 16);
  c += pitchC;
  v128.store(c, s30);
  v128.store(c, s31, 16);
}

function blocks<T>(a: usize, rows: i32, b: usize, pitchB: usize, length: usize, table: usize, tableEnd: usize, c: usize, pitchC: usize, width: usize): void {
  const end = c + width;
  const rowsEnd = a + 16 * sizeof<T>() * <usize>rows;
  do {
    let from = a;
    let to = c;
    do {
      rowBlock<T>(from, b, pitchB, length, table, tableEnd, to, pitchC);
      from += 64 * sizeof<T>();
      to += 4 * pitchC;
    } while (from < rowsEnd);
    b += 32;
    c += 32;
  } while (c < end);
}

/**
 * c = a b over `runs` pieces of `length` bytes of a's rows. `rows` is taken up to a multiple of 4, so a and c need room
 * for as many; `width` (bytes of c's rows that are computed) is a multiple of 32. a's pitch is 16, 64, 128 or 256.
 */
export function multiplyRows(pitch: usize, a: usize, rows: i32, b: usize, pitchB: usize, length: usize, table: usize, runs: usize, c: usize, pitchC: usize, width: usize): void {
  const tableEnd = table + (runs << 3);
  if (pitch == 64) blocks<f32>(a, rows, b, pitchB, length, table, tableEnd, c, pitchC, width);
  else if (pitch == 128) blocks<f64>(a, rows, b, pitchB, length, table, tableEnd, c, pitchC, width);
  else if (pitch == 256) blocks<v128>(a, rows, b, pitchB, length, table, tableEnd, c, pitchC, width);
  else blocks<u8>(a, rows, b, pitchB, length, table, tableEnd, c, pitchC, width);
}

/** What `addOuter` walks over: `rows` times `count` places, each of them a step further in a and in b. */
// @ts-ignore: decorator
@inline
function outerBlock(a: usize, stepA: usize, b: usize, stepB: usize, count: usize, rows: i32, nextA: usize, nextB: usize, c: usize, pitchC: usize): void {
  const c1 = c + pitchC;
  const c2 = c1 + pitchC;
  const c3 = c2 + pitchC;
  let s00 = v128.load(c);
  let s01 = v128.load(c, 16);
  let s10 = v128.load(c1);
  let s11 = v128.load(c1, 16);
  let s20 = v128.load(c2);
  let s21 = v128.load(c2, 16);
  let s30 = v128.load(c3);
  let s31 = v128.load(c3, 16);
  for (let row = 0; row < rows; row++) {
    let p = a;
    let q = b;
    const end = q + count * stepB;
    do {
      const w0 = v128.load(q);
      const w1 = v128.load(q, 16);
      const x0 = v128.load32_splat(p);
      const x1 = v128.load32_splat(p, 4);
      const x2 = v128.load32_splat(p, 8);
      const x3 = v128.load32_splat(p, 12);
      s00 = madd(s00, x0, w0);
      s01 = madd(s01, x0, w1);
      s10 = madd(s10, x1, w0);
      s11 = madd(s11, x1, w1);
      s20 = madd(s20, x2, w0);
      s21 = madd(s21, x2, w1);
      s30 = madd(s30, x3, w0);
      s31 = madd(s31, x3, w1);
      p += stepA;
      q += stepB;
    } while (q < end);
    a += nextA;
    b += nextB;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

/**
 * c += a' b: [height][width] sums of products over `rows` lines of `count` places, `step` bytes apart in each factor,
 * the lines `next` bytes apart. `height` (numbers) is a multiple of 4, `width` (bytes) of 32.
 */
export function addOuter(a: usize, stepA: usize, b: usize, stepB: usize, count: usize, rows: i32, nextA: usize, nextB: usize, c: usize, pitchC: usize, height: i32, width: usize): void {
  for (let row = 0; row < height; row += 4) {
    for (let column: usize = 0; column < width; column += 32) {
      outerBlock(a, stepA, b + column, stepB, count, rows, nextA, nextB, c + column, pitchC);
    }
    a += 16;
    c += 4 * pitchC;
  }
}
