import { constant } from './constants';
import { storeLanes } from './common';

/*
 * The transforms of F(2, 5): two outputs of five taps a row by 6 products in place of 10. Interpolation at 0, 1, -1, 2, -2
 * and infinity. The vector runs over channels.
 */

/** One filter's points from its taps, `tap` bytes apart. */
// @ts-ignore: decorator
@inline
export function transformTaps(from: usize, tap: usize, to: usize, point: usize): void {
  const w0 = load<f32>(from);
  const w1 = load<f32>(from + tap);
  const w2 = load<f32>(from + 2 * tap);
  const w3 = load<f32>(from + 3 * tap);
  const w4 = load<f32>(from + 4 * tap);
  const even = w0 + w2 + w4;
  const odd = w1 + w3;
  const even2 = w0 + <f32>4 * w2 + <f32>16 * w4;
  const odd2 = <f32>2 * w1 + <f32>8 * w3;
  store<f32>(to, <f32>0.25 * w0);
  store<f32>(to + point, (even + odd) * <f32>(-1.0 / 6.0));
  store<f32>(to + 2 * point, (even - odd) * <f32>(-1.0 / 6.0));
  store<f32>(to + 3 * point, (even2 + odd2) * <f32>(1.0 / 24.0));
  store<f32>(to + 4 * point, (even2 - odd2) * <f32>(1.0 / 24.0));
  store<f32>(to + 5 * point, w4);
}

/** The six points of a vector of channels from the tile's six columns. */
// @ts-ignore: decorator
@inline
function transformSix(from: usize, pixel: usize, to: usize, point: usize): void {
  const d0 = v128.load(from);
  const d1 = v128.load(from + pixel);
  const d2 = v128.load(from + 2 * pixel);
  const d3 = v128.load(from + 3 * pixel);
  const d4 = v128.load(from + 4 * pixel);
  const d5 = v128.load(from + 5 * pixel);
  const four = constant(31 /* 4.0 */);
  const five = constant(61 /* 5.0 */);
  const a = f32x4.sub(d4, f32x4.mul(four, d2));
  const b = f32x4.sub(d3, f32x4.mul(four, d1));
  const c = f32x4.sub(d4, d2);
  const half = f32x4.sub(d3, d1);
  const d = f32x4.add(half, half);
  v128.store(to, f32x4.add(f32x4.sub(f32x4.mul(four, d0), f32x4.mul(five, d2)), d4));
  to += point;
  v128.store(to, f32x4.add(a, b));
  to += point;
  v128.store(to, f32x4.sub(a, b));
  to += point;
  v128.store(to, f32x4.add(c, d));
  to += point;
  v128.store(to, f32x4.sub(c, d));
  to += point;
  v128.store(to, f32x4.add(f32x4.sub(f32x4.mul(four, d1), f32x4.mul(five, d3)), d5));
}

/** As `transformRowsByFive` of winograd-five.ts. */
export function transformRowsByTwo(x: usize, rows: i32, rowBytes: usize, pixel: usize, to: usize, point: usize): void {
  const end = to + <usize>rows * pixel;
  do {
    let at: usize = 0;
    do {
      transformSix(x + at, pixel, to + at, point);
      at += 16;
    } while (at < pixel);
    x += rowBytes;
    to += pixel;
  } while (to < end);
}

/** The even and the odd output of a tile from its six products. */
// @ts-ignore: decorator
@inline
function evenAt(p: usize, point: usize): v128 {
  const m12 = f32x4.add(v128.load(p + point), v128.load(p + 2 * point));
  return f32x4.add(f32x4.add(v128.load(p), m12), f32x4.add(v128.load(p + 3 * point), v128.load(p + 4 * point)));
}
// @ts-ignore: decorator
@inline
function oddAt(p: usize, point: usize): v128 {
  const difference = f32x4.sub(v128.load(p + 3 * point), v128.load(p + 4 * point));
  const m12 = f32x4.sub(v128.load(p + point), v128.load(p + 2 * point));
  return f32x4.add(f32x4.add(m12, v128.load(p + 5 * point)), f32x4.add(difference, difference));
}

/** The two outputs, `pixel` bytes apart, of `lanes` channels from their six products, `point` bytes apart. */
// @ts-ignore: decorator
@inline
function combineSix(m: usize, point: usize, offset: v128, out: usize, pixel: usize, lanes: i32): void {
  storeLanes(out, f32x4.add(evenAt(m, point), offset), lanes);
  storeLanes(out + pixel, f32x4.add(oddAt(m, point), offset), lanes);
}

/** As `combineRowsByFive` of winograd-five.ts. */
export function combineRowsByTwo(
  m: usize, rows: i32, room: usize, point: usize, bias: usize, channels: i32, out: usize, line: usize,
): void {
  const pixel = <usize>channels << 2;
  for (const end = m + <usize>rows * room; m < end; m += room) {
    let at: usize = 0;
    do {
      const offset = bias ? v128.load(bias + at) : f32x4.splat(0);
      combineSix(m + at, point, offset, out + at, pixel, <i32>(pixel - at) >> 2);
      at += 16;
    } while (at < pixel);
    out += line;
  }
}
