import { constant } from './constants';
import { SIX, storeLanes } from './common';

/*
 * The transforms of F(5, 5): five outputs of five taps a row by 9 products in place of 25. Interpolation at +-1/4, +-1/2,
 * +-1, +-2 and infinity: of the sets of nine points whose powers are exact the one with the smallest error, twice that
 * of F(2, 5) (relative to the result's root mean square 6e-7 after 30 products a point, a plain sum has 2e-7).
 *
 * With Q the product of (X - b^2) over the other three pairs, point a's polynomial is (x + a) Q(x^2): the even inputs give
 * E, the odd ones O, and the points +-a are O +- a E. The vector runs over channels.
 */

/** d + q2 c + q1 b + q0 a, the signs of q2, q1 and q0 - + -. */
// @ts-ignore: decorator
@inline
function cubic(a: v128, b: v128, c: v128, d: v128, q0: v128, q1: v128, q2: v128): v128 {
  const high = f32x4.sub(d, f32x4.mul(q2, c));
  return f32x4.add(high, f32x4.sub(f32x4.mul(q1, b), f32x4.mul(q0, a)));
}

/** The points a and -a, a point apart. */
// @ts-ignore: decorator
@inline
function storePair(odd: v128, even: v128, to: usize, point: usize): void {
  v128.store(to, f32x4.add(odd, even));
  v128.store(to + point, f32x4.sub(odd, even));
}

/** The nine points of a vector of channels from the tile's nine columns. */
// @ts-ignore: decorator
@inline
function storeNine(
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128, d8: v128, to: usize, point: usize,
): void {
  const top = f32x4.sub(d8, f32x4.mul(constant(71 /* 5.3125 */), d6));
  const middle = f32x4.sub(f32x4.mul(constant(72 /* 5.578125 */), d4), f32x4.mul(constant(73 /* 1.328125 */), d2));
  v128.store(to + 8 * point, f32x4.add(f32x4.add(top, middle), f32x4.mul(constant(67 /* 1/16 */), d0)));
  const even0 = f32x4.add(f32x4.sub(d6, d0), f32x4.mul(constant(62 /* 5.25 */), f32x4.sub(d2, d4)));
  const odd0 = f32x4.add(f32x4.sub(d7, d1), f32x4.mul(constant(62 /* 5.25 */), f32x4.sub(d3, d5)));
  storePair(odd0, f32x4.mul(constant(65 /* 1/4 */), even0), to, point);
  to += 2 * point;
  const even1 = cubic(d0, d2, d4, d6, constant(65 /* 1/4 */), constant(64 /* 4.3125 */), constant(63 /* 5.0625 */));
  const odd1 = cubic(d1, d3, d5, d7, constant(65 /* 1/4 */), constant(64 /* 4.3125 */), constant(63 /* 5.0625 */));
  storePair(odd1, f32x4.mul(constant(23 /* 0.5 */), even1), to, point);
  to += 2 * point;
  const even2 = cubic(d0, d2, d4, d6, constant(67 /* 1/16 */), constant(66 /* 1.265625 */), constant(64 /* 4.3125 */));
  const odd2 = cubic(d1, d3, d5, d7, constant(67 /* 1/16 */), constant(66 /* 1.265625 */), constant(64 /* 4.3125 */));
  storePair(odd2, even2, to, point);
  to += 2 * point;
  const even3 = cubic(d0, d2, d4, d6, constant(70 /* 1/64 */), constant(69 /* 0.328125 */), constant(68 /* 1.3125 */));
  const odd3 = cubic(d1, d3, d5, d7, constant(70 /* 1/64 */), constant(69 /* 0.328125 */), constant(68 /* 1.3125 */));
  storePair(odd3, f32x4.add(even3, even3), to, point);
}

/**
 * The points of a tile's rows, `pixel` bytes each. Vectors may reach into the next row, which comes later. (The tests of such loops
 * come last, so that the compiler may take what does not change out of them.)
 */
export function transformRowsByFive(x: usize, rows: i32, rowBytes: usize, pixel: usize, to: usize, point: usize): void {
  const end = to + <usize>rows * pixel;
  do {
    let from = x;
    const next = to + pixel;
    let at = to;
    do {
      const middle = from + 4 * pixel;
      storeNine(
        v128.load(from), v128.load(from + pixel), v128.load(from + 2 * pixel), v128.load(middle - pixel), v128.load(middle),
        v128.load(middle + pixel), v128.load(middle + 2 * pixel), v128.load(middle + 3 * pixel), v128.load(middle + 4 * pixel),
        at, point,
      );
      from += 16;
      at += 16;
    } while (at < next);
    x += rowBytes;
    to = next;
  } while (to < end);
}

/** The same for six channels and an even number of rows: two rows are three vectors. */
export function transformPairsByFive(x: usize, rows: i32, rowBytes: usize, to: usize, point: usize): void {
  const end = to + <usize>rows * SIX;
  do {
    const below = x + rowBytes;
    storeNine(
      v128.load(x), v128.load(x, 24), v128.load(x, 48), v128.load(x, 72), v128.load(x, 96),
      v128.load(x, 120), v128.load(x, 144), v128.load(x, 168), v128.load(x, 192), to, point,
    );
    storeNine(
      v128.load64_lane(below, v128.load64_zero(x, 16), 1),
      v128.load64_lane(below, v128.load64_zero(x, 40), 1, 24),
      v128.load64_lane(below, v128.load64_zero(x, 64), 1, 48),
      v128.load64_lane(below, v128.load64_zero(x, 88), 1, 72),
      v128.load64_lane(below, v128.load64_zero(x, 112), 1, 96),
      v128.load64_lane(below, v128.load64_zero(x, 136), 1, 120),
      v128.load64_lane(below, v128.load64_zero(x, 160), 1, 144),
      v128.load64_lane(below, v128.load64_zero(x, 184), 1, 168),
      v128.load64_lane(below, v128.load64_zero(x, 208), 1, 192),
      to + 16, point,
    );
    storeNine(
      v128.load(below, 8), v128.load(below, 32), v128.load(below, 56), v128.load(below, 80), v128.load(below, 104),
      v128.load(below, 128), v128.load(below, 152), v128.load(below, 176), v128.load(below, 200), to + 32, point,
    );
    x += 2 * rowBytes;
    to += 2 * SIX;
  } while (to < end);
}

/** One pair of the filter's points: (odd +- even) / N, where N = 2 a Q(a^2) is the product of a's distances from the others. */
// @ts-ignore: decorator
@inline
function filterPair(even: v128, odd: v128, inverse: v128, to: usize, point: usize): void {
  v128.store(to, f32x4.mul(f32x4.add(odd, even), inverse));
  v128.store(to + point, f32x4.mul(f32x4.sub(odd, even), inverse));
}

/** x + a y + b z. */
// @ts-ignore: decorator
@inline
function combination(x: v128, a: v128, y: v128, b: v128, z: v128): v128 {
  return f32x4.add(x, f32x4.add(f32x4.mul(a, y), f32x4.mul(b, z)));
}

/** The nine points of a vector of filters from their five taps, `tap` bytes apart. */
// @ts-ignore: decorator
@inline
export function transformFive(from: usize, tap: usize, to: usize, point: usize): void {
  const w0 = v128.load(from);
  const w1 = v128.load(from + tap);
  const w2 = v128.load(from + 2 * tap);
  const w3 = v128.load(from + 3 * tap);
  const w4 = v128.load(from + 4 * tap);
  const even0 = combination(w0, constant(67 /* 1/16 */), w2, constant(77 /* 1/256 */), w4);
  const odd0 = f32x4.add(f32x4.mul(constant(65 /* 1/4 */), w1), f32x4.mul(constant(70 /* 1/64 */), w3));
  filterPair(even0, odd0, constant(78 /* -1 / 0.3460693359375 */), to, point);
  to += 2 * point;
  const even1 = combination(w0, constant(65 /* 1/4 */), w2, constant(67 /* 1/16 */), w4);
  const odd1 = f32x4.add(f32x4.mul(constant(23 /* 0.5 */), w1), f32x4.mul(constant(74 /* 1/8 */), w3));
  filterPair(even1, odd1, constant(79 /* 1 / 0.52734375 */), to, point);
  to += 2 * point;
  filterPair(f32x4.add(w0, f32x4.add(w2, w4)), f32x4.add(w1, w3), constant(80 /* -1 / 4.21875 */), to, point);
  to += 2 * point;
  const even3 = combination(w0, constant(31 /* 4.0 */), w2, constant(76 /* 16 */), w4);
  const odd3 = f32x4.add(f32x4.add(w1, w1), f32x4.mul(constant(75 /* 8 */), w3));
  filterPair(even3, odd3, constant(81 /* 1 / 177.1875 */), to, point);
  v128.store(to + 2 * point, w4);
}

/** z + a x + b y + c w. */
// @ts-ignore: decorator
@inline
function weighted(z: v128, a: v128, x: v128, b: v128, y: v128, c: v128, w: v128): v128 {
  return f32x4.add(f32x4.add(z, f32x4.mul(a, x)), f32x4.add(f32x4.mul(b, y), f32x4.mul(c, w)));
}

/** The five outputs, `pixel` bytes apart, of `lanes` channels from their nine products, `point` bytes apart. */
// @ts-ignore: decorator
@inline
function combineNine(m: usize, point: usize, offset: v128, out: usize, pixel: usize, lanes: i32): void {
  const m0 = v128.load(m);
  const m1 = v128.load(m + point);
  const m2 = v128.load(m + 2 * point);
  const m3 = v128.load(m + 3 * point);
  m += 4 * point;
  const m4 = v128.load(m);
  const m5 = v128.load(m + point);
  const m6 = v128.load(m + 2 * point);
  const m7 = v128.load(m + 3 * point);
  const s0 = f32x4.add(m0, m1);
  const s1 = f32x4.add(m2, m3);
  const s2 = f32x4.add(m4, m5);
  const s3 = f32x4.add(m6, m7);
  storeLanes(out, f32x4.add(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), offset), lanes);
  const y2 = weighted(s2, constant(67 /* 1/16 */), s0, constant(65 /* 1/4 */), s1, constant(31 /* 4.0 */), s3);
  storeLanes(out + 2 * pixel, f32x4.add(y2, offset), lanes);
  const y4 = weighted(s2, constant(77 /* 1/256 */), s0, constant(67 /* 1/16 */), s1, constant(76 /* 16 */), s3);
  storeLanes(out + 4 * pixel, f32x4.add(f32x4.add(y4, v128.load(m + 4 * point)), offset), lanes);
  const t0 = f32x4.sub(m0, m1);
  const t1 = f32x4.sub(m2, m3);
  const t2 = f32x4.sub(m4, m5);
  const t3 = f32x4.sub(m6, m7);
  const y1 = weighted(t2, constant(65 /* 1/4 */), t0, constant(23 /* 0.5 */), t1, constant(47 /* 2 */), t3);
  storeLanes(out + pixel, f32x4.add(y1, offset), lanes);
  const y3 = weighted(t2, constant(70 /* 1/64 */), t0, constant(74 /* 1/8 */), t1, constant(75 /* 8 */), t3);
  storeLanes(out + 3 * pixel, f32x4.add(y3, offset), lanes);
}

/** The outputs of `rows` rows of a tile, `line` bytes apart. */
export function combineRowsByFive(
  m: usize, rows: i32, room: usize, point: usize, bias: usize, channels: i32, out: usize, line: usize,
): void {
  const pixel = <usize>channels << 2;
  const whole = pixel & ~15;
  for (const end = m + <usize>rows * room; m < end; m += room) {
    let at: usize = 0;
    if (whole) do {
      const offset = bias ? v128.load(bias + at) : f32x4.splat(0);
      combineNine(m + at, point, offset, out + at, pixel, 4);
      at += 16;
    } while (at < whole);
    if (at < pixel) combineNine(m + at, point, bias ? v128.load(bias + at) : f32x4.splat(0), out + at, pixel, channels & 3);
    out += line;
  }
}
