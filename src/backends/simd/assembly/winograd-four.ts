import { constant } from './constants';
import { madd, roomy } from './common';
import { G_CHANNELS, G_OUTER, G_OUT_CHANNELS, G_OUT_HEIGHT, G_OUT_WIDTH, G_RELU } from './geometry';
import { BLOCK, imagePointBytes, paddedHeight, paddedWidth, productPointBytes, tileCount, tileRoom } from './winograd-shape';

/*
 * F(4, 5), the vector over tiles: four outputs of five taps a row by 8 products in place of 20. Interpolation at 0, +-1,
 * +-2, +-1/2 and infinity, with the rounding of F(2, 5) (4e-7 of the result's root mean square after 30 products a
 * point). Point a's polynomial is x (x + a) Q(x^2), Q over the other two pairs, so +-a are E +- a O.
 *
 * A block is two rows of eight tiles, so that the windows of a 2x2 pool lie inside; its M is [point][channel][row][tile].
 */
const POINTS: i32 = 8;

/** One filter's points from its taps: (even +- odd) / N, N = 2 a^2 Q(a^2). */
// @ts-ignore: decorator
@inline
export function transformTapsFour(from: usize, tap: usize, to: usize, point: usize): void {
  const w0 = load<f32>(from);
  const w1 = load<f32>(from + tap);
  const w2 = load<f32>(from + 2 * tap);
  const w3 = load<f32>(from + 3 * tap);
  const w4 = load<f32>(from + 4 * tap);
  store<f32>(to, -w0);
  to += point;
  storePoints(w0 + w2 + w4, w1 + w3, <f32>(-1.0 / 4.5), to, point);
  to += 2 * point;
  storePoints(w0 + <f32>4 * w2 + <f32>16 * w4, <f32>2 * w1 + <f32>8 * w3, <f32>(1.0 / 90.0), to, point);
  to += 2 * point;
  storePoints(
    w0 + <f32>0.25 * w2 + <f32>0.0625 * w4,
    <f32>0.5 * w1 + <f32>0.125 * w3,
    <f32>(1.0 / 1.40625),
    to,
    point,
  );
  store<f32>(to + 2 * point, w4);
}

// @ts-ignore: decorator
@inline
function storePoints(even: f32, odd: f32, inverse: f32, to: usize, point: usize): void {
  store<f32>(to, (even + odd) * inverse);
  store<f32>(to + point, (even - odd) * inverse);
}

/**
 * One row of V, [point][C][tile], `planeStep` bytes a channel. `columns` is room for a channel's columns 0, 4, 8 ...
 * before columns 1, 5, 9 ... and so on, `quarter` bytes each.
 */
function transformRow(x: usize, channels: i32, quarter: usize, columns: usize, to: usize, planeStep: usize, point: usize): void {
  const pixel = <usize>channels << 2;
  for (let c = 0; c < channels; c++) {
    let from = x + (<usize>c << 2);
    for (let at = columns; at < columns + quarter; at += 4) {
      store<f32>(at, load<f32>(from));
      store<f32>(at + quarter, load<f32>(from + pixel));
      store<f32>(at + 2 * quarter, load<f32>(from + 2 * pixel));
      store<f32>(at + 3 * quarter, load<f32>(from + 3 * pixel));
      from += 4 * pixel;
    }
    for (let at: usize = 0; at < planeStep; at += 16) transformEight(columns + at, quarter, to + at, point);
    to += planeStep;
  }
}

/** The eight points of a vector of tiles; columns 4 to 7 are the next tile's columns 0 to 3. */
// @ts-ignore: decorator
@inline
function transformEight(from: usize, quarter: usize, to: usize, point: usize): void {
  const d0 = v128.load(from);
  const d4 = v128.load(from, 4);
  from += quarter;
  const d1 = v128.load(from);
  const d5 = v128.load(from, 4);
  from += quarter;
  const d2 = v128.load(from);
  const d6 = v128.load(from, 4);
  from += quarter;
  const d3 = v128.load(from);
  const d7 = v128.load(from, 4);
  const c = constant(62 /* 5.25 */);
  v128.store(to, f32x4.add(f32x4.sub(d6, d0), f32x4.mul(c, f32x4.sub(d2, d4))));
  v128.store(to + 7 * point, f32x4.add(f32x4.sub(d7, d1), f32x4.mul(c, f32x4.sub(d3, d5))));
  to += point;
  const even1 = f32x4.sub(f32x4.add(d6, d2), f32x4.mul(constant(82 /* 4.25 */), d4));
  const odd1 = f32x4.sub(f32x4.add(d5, d1), f32x4.mul(constant(82 /* 4.25 */), d3));
  storePair(even1, odd1, to, point);
  to += 2 * point;
  const even2 = f32x4.add(f32x4.sub(d6, f32x4.mul(constant(83 /* 1.25 */), d4)), f32x4.mul(constant(65 /* 1/4 */), d2));
  const odd2 = f32x4.add(f32x4.sub(d5, f32x4.mul(constant(83 /* 1.25 */), d3)), f32x4.mul(constant(65 /* 1/4 */), d1));
  storePair(even2, f32x4.add(odd2, odd2), to, point);
  to += 2 * point;
  const even3 = f32x4.add(f32x4.sub(d6, f32x4.mul(constant(61 /* 5.0 */), d4)), f32x4.mul(constant(31 /* 4.0 */), d2));
  const odd3 = f32x4.add(f32x4.sub(d5, f32x4.mul(constant(61 /* 5.0 */), d3)), f32x4.mul(constant(31 /* 4.0 */), d1));
  storePair(even3, f32x4.mul(constant(23 /* 0.5 */), odd3), to, point);
}

// @ts-ignore: decorator
@inline
function storePair(even: v128, odd: v128, to: usize, point: usize): void {
  v128.store(to, f32x4.add(even, odd));
  v128.store(to + point, f32x4.sub(even, odd));
}

/** Products of a block: for each point and pair of output channels, 2 x 2 x 8 sums over `taps` bytes of filter; `row` is V's. */
function blockProducts(x: usize, step: usize, row: usize, imagePoint: usize, taps: usize, w: usize, m: usize, point: usize): void {
  const last = m + <usize>POINTS * point;
  for (; m < last; m += point) {
    const pointEnd = m + point;
    for (let to = m; to < pointEnd; to += 128) {
      let p = x;
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let a2 = a0;
      let a3 = a0;
      let b0 = a0;
      let b1 = a0;
      let b2 = a0;
      let b3 = a0;
      for (const end = w + taps; w < end; w += 8) {
        const x0 = v128.load(p);
        const x1 = v128.load(p, 16);
        const x2 = v128.load(p + row);
        const x3 = v128.load(p + row, 16);
        p += step;
        const s = v128.load32_splat(w);
        a0 = madd(a0, s, x0);
        a1 = madd(a1, s, x1);
        a2 = madd(a2, s, x2);
        a3 = madd(a3, s, x3);
        const t = v128.load32_splat(w, 4);
        b0 = madd(b0, t, x0);
        b1 = madd(b1, t, x1);
        b2 = madd(b2, t, x2);
        b3 = madd(b3, t, x3);
      }
      v128.store(to, a0);
      v128.store(to, a1, 16);
      v128.store(to, a2, 32);
      v128.store(to, a3, 48);
      v128.store(to, b0, 64);
      v128.store(to, b1, 80);
      v128.store(to, b2, 96);
      v128.store(to, b3, 112);
    }
    x += imagePoint;
  }
}

/** Output j of four tiles from their eight products: sums of s = m(a) + m(-a) or of t = m(a) - m(-a). */
// @ts-ignore: decorator
@inline
function sumAt(p: usize, point: usize, i: usize): v128 {
  p += i * point;
  return f32x4.add(v128.load(p), v128.load(p + point));
}
// @ts-ignore: decorator
@inline
function differenceAt(p: usize, point: usize, i: usize): v128 {
  p += i * point;
  return f32x4.sub(v128.load(p), v128.load(p + point));
}
// @ts-ignore: decorator
@inline
function output0(p: usize, point: usize): v128 {
  const rest = f32x4.add(sumAt(p, point, 3), sumAt(p, point, 5));
  return f32x4.add(f32x4.add(v128.load(p), sumAt(p, point, 1)), rest);
}
// @ts-ignore: decorator
@inline
function output1(p: usize, point: usize): v128 {
  const t2 = differenceAt(p, point, 3);
  const t3 = f32x4.mul(constant(23 /* 0.5 */), differenceAt(p, point, 5));
  return f32x4.add(differenceAt(p, point, 1), f32x4.add(f32x4.add(t2, t2), t3));
}
// @ts-ignore: decorator
@inline
function output2(p: usize, point: usize): v128 {
  const s2 = f32x4.mul(constant(31 /* 4.0 */), sumAt(p, point, 3));
  const s3 = f32x4.mul(constant(65 /* 1/4 */), sumAt(p, point, 5));
  return f32x4.add(sumAt(p, point, 1), f32x4.add(s2, s3));
}
// @ts-ignore: decorator
@inline
function output3(p: usize, point: usize): v128 {
  const t2 = f32x4.mul(constant(75 /* 8 */), differenceAt(p, point, 3));
  const t3 = f32x4.mul(constant(74 /* 1/8 */), differenceAt(p, point, 5));
  return f32x4.add(f32x4.add(differenceAt(p, point, 1), v128.load(p + 7 * point)), f32x4.add(t2, t3));
}

/** The outputs of up to 8 tiles of up to two rows, of which `left` and `rows` exist, to their places. */
function combinePlanes(g: usize, m: usize, bias: usize, left: i32, rows: i32, out: usize): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const point = productPointBytes(g);
  const pixel = <usize>channels << 2;
  const line = <usize>load<i32>(g, G_OUT_WIDTH) * pixel;
  const count = min<i32>(left, BLOCK);
  for (let row = 0; row < min<i32>(rows, 2); row++) {
    for (let o = 0; o < channels; o++) {
      const offset = bias ? v128.load32_splat(bias + (<usize>o << 2)) : f32x4.splat(0);
      let to = out + (<usize>o << 2);
      for (let j = 0; j < count; j += 4) {
        const p = m + ((<usize>(o * 2 * BLOCK + row * BLOCK + j)) << 2);
        scatterLanes(f32x4.add(output0(p, point), offset), to, 4 * pixel, count - j);
        scatterLanes(f32x4.add(output1(p, point), offset), to + pixel, 4 * pixel, count - j);
        scatterLanes(f32x4.add(output2(p, point), offset), to + 2 * pixel, 4 * pixel, count - j);
        scatterLanes(f32x4.add(output3(p, point), offset), to + 3 * pixel, 4 * pixel, count - j);
        to += 16 * pixel;
      }
    }
    out += line;
  }
}

/** The pooled outputs of up to 8 tiles, of which `left` exist, two windows a tile. */
function poolPlanes(g: usize, m: usize, bias: usize, left: i32, y: usize, taps: usize): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const point = productPointBytes(g);
  const pixel = <usize>channels << 2;
  const count = min<i32>(left, BLOCK);
  const floor = load<i32>(g, G_RELU) ? f32x4.splat(0) : f32x4.splat(-Infinity);
  taps -= y;
  for (let o = 0; o < channels; o++) {
    const offset = bias ? v128.load32_splat(bias + (<usize>o << 2)) : f32x4.splat(0);
    let to = y + (<usize>o << 2);
    for (let j = 0; j < count; j += 4) {
      const p = m + ((<usize>(o * 2 * BLOCK + j)) << 2);
      const q = p + (BLOCK << 2);
      const a0 = f32x4.add(output0(p, point), offset);
      const a1 = f32x4.add(output1(p, point), offset);
      const a2 = f32x4.add(output0(q, point), offset);
      const a3 = f32x4.add(output1(q, point), offset);
      scatterWindow(a0, a1, a2, a3, floor, to, to + taps, 2 * pixel, count - j);
      const b0 = f32x4.add(output2(p, point), offset);
      const b1 = f32x4.add(output3(p, point), offset);
      const b2 = f32x4.add(output2(q, point), offset);
      const b3 = f32x4.add(output3(q, point), offset);
      scatterWindow(b0, b1, b2, b3, floor, to + pixel, to + pixel + taps, 2 * pixel, count - j);
      to += 8 * pixel;
    }
  }
}

/** Stores the maxima of four windows and their places, the first of equals. */
// @ts-ignore: decorator
@inline
function scatterWindow(v0: v128, v1: v128, v2: v128, v3: v128, floor: v128, to: usize, tapTo: usize, step: usize, left: i32): void {
  const m1 = f32x4.gt(v1, v0);
  let best = v128.bitselect(v1, v0, m1);
  let tap = v128.and(constant(41 /* 1 */), m1);
  const m2 = f32x4.gt(v2, best);
  best = v128.bitselect(v2, best, m2);
  tap = v128.bitselect(constant(42 /* 2 */), tap, m2);
  const m3 = f32x4.gt(v3, best);
  best = f32x4.pmax(v128.bitselect(v3, best, m3), floor);
  tap = v128.bitselect(i32x4.splat(3), tap, m3);
  scatterLanes(best, to, step, left);
  scatterLanes(tap, tapTo, step, left);
}

/** Stores the first `left` lanes, a pixel apart. */
// @ts-ignore: decorator
@inline
function scatterLanes(v: v128, to: usize, pixel: usize, left: i32): void {
  v128.store32_lane(to, v, 0);
  if (left < 2) return;
  v128.store32_lane(to + pixel, v, 1);
  if (left < 3) return;
  v128.store32_lane(to + 2 * pixel, v, 2);
  if (left < 4) return;
  v128.store32_lane(to + 3 * pixel, v, 3);
}

/**
 * The convolution of one image with a transformed filter, two rows of the output at a time. A row of the image is
 * transformed just before its first use: what a block reads stays in the nearest cache. Without `taps`, out is
 * [positions][O]; with them it is the pool's output and its chosen places. `v` and `m` are room for V, and for M with a row.
 */
export function planarConvolution(g: usize, x: usize, v: usize, u: usize, bias: usize, m: usize, out: usize, taps: usize): void {
  const rows = paddedHeight(g);
  const height = load<i32>(g, G_OUT_HEIGHT);
  const tiles = tileCount(g);
  const channels = load<i32>(g, G_CHANNELS);
  const kernelRows = load<i32>(g, G_OUTER);
  const filterBytes = <usize>(channels * kernelRows) << 3;
  const point = productPointBytes(g);
  const imagePoint = imagePointBytes(g);
  const planeStep = <usize>tileRoom(g) << 2;
  const rowStep = <usize>channels * planeStep;
  const rowBytes = <usize>(paddedWidth(g) * channels) << 2;
  const pixel = <usize>load<i32>(g, G_OUT_CHANNELS) << 2;
  const line = <usize>load<i32>(g, G_OUT_WIDTH) * pixel;
  const columns = m + roomy(<usize>POINTS * point);
  const quarter = (<usize>(paddedWidth(g) + 3) >> 2) << 2;
  // Idle tiles read past the columns: numbers of the ordinary kind keep the processor fast.
  v128.store(columns + 4 * quarter, f32x4.splat(0));
  let ready = v;
  let done = 0;
  for (let y = 0; taps ? y + 1 < height : y < height; y += 2) {
    for (const needed = min<i32>(y + kernelRows + 1, rows); done < needed; done++) {
      transformRow(x, channels, quarter, columns, ready, planeStep, imagePoint);
      x += rowBytes;
      ready += rowStep;
    }
    for (let t = 0; t < tiles; t += BLOCK) {
      const at = <usize>t * pixel;
      blockProducts(v + (<usize>t << 2), planeStep, rowStep, imagePoint, filterBytes, u, m, point);
      if (taps) poolPlanes(g, m, bias, tiles - t, out + 2 * at, taps + 2 * at);
      else combinePlanes(g, m, bias, tiles - t, height - y, out + 4 * at);
    }
    v += 2 * rowStep;
    if (taps) taps += line >> 1;
    out += taps ? line >> 1 : 2 * line;
  }
}
