import { constant } from './constants';
import { madd, storeLanes } from './common';

/*
 * Products of two rows of inputs with one matrix, zeros left out. Behind ReLU and pooling some four inputs in ten are
 * zero, and samples of one image have their zeros at the same places. A list names the inputs where either row of a
 * pair is not zero, in order; a product walks it, so that each vector of weights serves both rows. Leaving out zeros
 * changes no bit of a sum (but the sign of a zero).
 */

/** Bytes of an entry: the two inputs, the offset of their weights, and nothing. */
export const ENTRY: usize = 16;
/** Output columns of a block. */
export const COLUMNS: i32 = 16;

/**
 * Appends `count` inputs of the rows a and b to the list at `to`, their weights `step` bytes apart from `offset` on.
 * Returns the list's end. Writes always and advances where there is something (or for `all`): no branches.
 */
export function appendPairs(a: usize, b: usize, count: i32, offset: i32, step: i32, all: bool, to: usize): usize {
  const end = a + (<usize>count << 2);
  const zero = f32x4.splat(0);
  const forced = all ? 15 : 0;
  const onward = i64x2.splat(step << 2);
  let o0 = i64x2.replace_lane(i64x2.splat(offset), 1, offset + step);
  let o1 = i64x2.add(o0, i64x2.splat(step << 1));
  b -= a;
  for (; a + 16 <= end; a += 16) {
    const x = v128.load(a);
    const y = v128.load(a + b);
    const low = i32x4.shuffle(x, y, 0, 4, 1, 5);
    const high = i32x4.shuffle(x, y, 2, 6, 3, 7);
    // As floats: both zeros are equal to zero.
    const live = i32x4.bitmask(f32x4.ne(v128.or(x, y), zero)) | forced;
    const to1 = to + ((live & 1) << 4);
    const to2 = to1 + ((live & 2) << 3);
    const to3 = to2 + ((live & 4) << 2);
    v128.store(to, i64x2.shuffle(low, o0, 0, 2));
    v128.store(to1, i64x2.shuffle(low, o0, 1, 3));
    v128.store(to2, i64x2.shuffle(high, o1, 0, 2));
    v128.store(to3, i64x2.shuffle(high, o1, 1, 3));
    to = to3 + ((live & 8) << 1);
    o0 = i64x2.add(o0, onward);
    o1 = i64x2.add(o1, onward);
  }
  offset = <i32>i64x2.extract_lane(o0, 0);
  for (; a < end; a += 4) {
    to = appendPair(a, a + b, offset, all, to);
    offset += step;
  }
  return to;
}

function appendPair(a: usize, b: usize, offset: i32, all: bool, to: usize): usize {
  const x = load<f32>(a);
  const y = load<f32>(b);
  store<f32>(to, x);
  store<f32>(to, y, 4);
  store<i32>(to, offset, 8);
  return all || x != 0 || y != 0 ? to + ENTRY : to;
}

/**
 * Both rows times 16 columns of weights: bias + sum of input x weights, to [16] at toA and toB (`columns` of them).
 * The weights of an entry lie at `w` + its offset. `square`: the inputs' squares, not below `floor`.
 */
// @ts-ignore: decorator
@inline
function block(from: usize, end: usize, w: usize, bias: usize, columns: i32, square: bool, clamp: f32, toA: usize, toB: usize): void {
  let a0 = bias ? v128.load(bias) : f32x4.splat(0);
  let a1 = bias ? v128.load(bias, 16) : f32x4.splat(0);
  let a2 = bias ? v128.load(bias, 32) : f32x4.splat(0);
  let a3 = bias ? v128.load(bias, 48) : f32x4.splat(0);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  // The test comes last, so that the compiler may take what does not change out of the loop.
  if (from < end) do {
    const at = w + <usize>load<u32>(from, 8);
    let x = v128.load32_splat(from);
    let y = v128.load32_splat(from, 4);
    const w0 = v128.load(at);
    const w1 = v128.load(at, 16);
    const w2 = v128.load(at, 32);
    const w3 = v128.load(at, 48);
    if (square) {
      x = f32x4.mul(x, x);
      y = f32x4.mul(y, y);
    }
    if (clamp > 0) {
      x = f32x4.pmax(x, f32x4.splat(clamp));
      y = f32x4.pmax(y, f32x4.splat(clamp));
    }
    a0 = madd(a0, x, w0);
    a1 = madd(a1, x, w1);
    a2 = madd(a2, x, w2);
    a3 = madd(a3, x, w3);
    b0 = madd(b0, y, w0);
    b1 = madd(b1, y, w1);
    b2 = madd(b2, y, w2);
    b3 = madd(b3, y, w3);
    from += ENTRY;
  } while (from < end);
  store4(toA, a0, a1, a2, a3, columns);
  store4(toB, b0, b1, b2, b3, columns);
}

// @ts-ignore: decorator
@inline
function store4(to: usize, v0: v128, v1: v128, v2: v128, v3: v128, columns: i32): void {
  if (columns >= COLUMNS) {
    v128.store(to, v0);
    v128.store(to, v1, 16);
    v128.store(to, v2, 32);
    v128.store(to, v3, 48);
    return;
  }
  storeLanes(to, v0, columns);
  if (columns > 4) storeLanes(to + 16, v1, columns - 4);
  if (columns > 8) storeLanes(to + 32, v2, columns - 8);
  if (columns > 12) storeLanes(to + 48, v3, columns - 12);
}

/**
 * Both rows times up to 16 of the weights' `columns`, from column `o` on: bias + sum of input x weight, to toA and toB.
 * All addresses but the list's are those of column 0. Reads up to 60 bytes past a row of weights.
 */
export function pairProduct(from: usize, end: usize, w: usize, bias: usize, o: i32, columns: i32, toA: usize, toB: usize): void {
  const at = <usize>o << 2;
  block(from, end, w + at, bias ? bias + at : 0, columns - o, false, 0, toA + at, toB + at);
}

/** The same with the inputs' squares. */
export function pairSquareProduct(from: usize, end: usize, w: usize, bias: usize, o: i32, columns: i32, toA: usize, toB: usize): void {
  const at = <usize>o << 2;
  block(from, end, w + at, bias ? bias + at : 0, columns - o, true, 0, toA + at, toB + at);
}

/** The same with the inputs' squares, not below `clamp` > 0. */
export function pairClampedProduct(
  from: usize,
  end: usize,
  w: usize,
  bias: usize,
  o: i32,
  columns: i32,
  clamp: f32,
  toA: usize,
  toB: usize,
): void {
  const at = <usize>o << 2;
  block(from, end, w + at, bias ? bias + at : 0, columns - o, true, clamp, toA + at, toB + at);
}

/** sqrt(max(variance, 1e-30)). */
// @ts-ignore: decorator
@inline
export function standardDeviation(variance: v128): v128 {
  return f32x4.sqrt(f32x4.pmax(variance, constant(48 /* 1e-30 */)));
}

/** The same in place, of `size` values and up to three more. */
export function standardDeviations(at: usize, size: i32): void {
  const end = at + (<usize>size << 2);
  for (; at < end; at += 16) v128.store(at, standardDeviation(v128.load(at)));
}
