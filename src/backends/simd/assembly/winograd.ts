import { constant } from './constants';
import { convolve } from './conv-forward';
import { clear, madd, roomy, storeLanes } from './common';
import {
  G_CHANNELS, G_HEIGHT, G_INNER, G_INNER_STEP, G_LENGTH, G_OUTER, G_OUTER_STEP, G_OUT_CHANNELS, G_OUT_HEIGHT, G_OUT_WIDTH, G_PADDING, G_POOL, G_RELU, G_ROW_STEP, G_STEP, G_WIDTH, G_WINOGRAD,
} from './geometry';
import { combineNine, FIVE, FIVE_POINTS, transformFive, transformNine } from './winograd-five';

/*
 * Convolutions of stride 1 with five taps a row as F(2, 5) along the rows (Winograd 1980; Lavin & Gray 2016): a tile
 * of two outputs costs 6 products in place of 10. Interpolation at 0, 1, -1, 2, -2 and infinity. Along one axis only:
 * along both the rounding grows, and with few channels the transforms cost what the products save.
 *
 * With few output channels the vector runs over tiles ("planar"), so that no lane is idle; else over output channels.
 * The filter is transformed once a call, U[point][...]; an image is transformed to V[point][...], multiplied point by
 * point, and the products M are combined to the two outputs.
 */
const POINTS: i32 = 6;

/** Whether a channel-wise tile has five outputs. */
// @ts-ignore: decorator
@inline
function byFive(g: usize): bool {
  return load<i32>(g, G_WINOGRAD) == 3;
}

// @ts-ignore: decorator
@inline
function pointCount(g: usize): i32 {
  return byFive(g) ? FIVE_POINTS : POINTS;
}

/** Outputs of a tile. */
// @ts-ignore: decorator
@inline
function tileWidth(g: usize): i32 {
  return byFive(g) ? FIVE : 2;
}

/** Tiles of a row. */
// @ts-ignore: decorator
@inline
function tileCount(g: usize): i32 {
  return load<i32>(g, G_OUT_WIDTH) / tileWidth(g);
}

/** Tiles of a planar block. */
const BLOCK: i32 = 16;

// @ts-ignore: decorator
@inline
function paddedHeight(g: usize): i32 {
  return load<i32>(g, G_HEIGHT) + 2 * load<i32>(g, G_PADDING);
}

// @ts-ignore: decorator
@inline
function paddedWidth(g: usize): i32 {
  return load<i32>(g, G_WIDTH) + 2 * load<i32>(g, G_PADDING);
}

// @ts-ignore: decorator
@inline
function planar(g: usize): bool {
  return load<i32>(g, G_WINOGRAD) == 1;
}

/** Output channels with idle lanes: pairs where planar, else eights. */
// @ts-ignore: decorator
@inline
function channelRoom(g: usize): i32 {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  return planar(g) ? (channels + 1) & ~1 : (channels + 7) & ~7;
}

/** Tiles of a row, with idle ones to whole blocks where planar. */
// @ts-ignore: decorator
@inline
function tileRoom(g: usize): i32 {
  const tiles = tileCount(g);
  return planar(g) ? (tiles + BLOCK - 1) & -BLOCK : tiles;
}

/** Bytes of one point's filter, image and product. */
// @ts-ignore: decorator
@inline
function filterPointBytes(g: usize): usize {
  return (<usize>(load<i32>(g, G_OUTER) * load<i32>(g, G_CHANNELS) * channelRoom(g))) << 2;
}
// @ts-ignore: decorator
@inline
function imagePointBytes(g: usize): usize {
  return roomy((<usize>(paddedHeight(g) * tileRoom(g) * load<i32>(g, G_CHANNELS))) << 2);
}
// @ts-ignore: decorator
@inline
function productPointBytes(g: usize): usize {
  // Two rows, for the pool.
  if (planar(g)) return <usize>(2 * BLOCK * channelRoom(g)) << 2;
  return (<usize>(load<i32>(g, G_OUT_HEIGHT) * tileCount(g) * channelRoom(g))) << 2;
}

/** Bytes of a transformed filter. */
export function winogradFilterBytes(g: usize): usize {
  return roomy(<usize>pointCount(g) * filterPointBytes(g));
}

/** U from a filter [K][5][C][O]: [point][K][C][channelRoom], or planar [point][pair of channels][K][C][2]. */
export function transformFilter(g: usize, filter: usize, to: usize): void {
  const kernelRows = load<i32>(g, G_OUTER);
  const channels = load<i32>(g, G_CHANNELS);
  const outChannels = load<i32>(g, G_OUT_CHANNELS);
  const room = channelRoom(g);
  const point = filterPointBytes(g);
  const inPlanes = planar(g);
  const tap = (<usize>(channels * outChannels)) << 2;
  clear(to, <usize>pointCount(g) * point);
  for (let ky = 0; ky < kernelRows; ky++) {
    for (let c = 0; c < channels; c++) {
      let from = filter + <usize>ky * 5 * tap + ((<usize>(c * outChannels)) << 2);
      if (byFive(g)) {
        const at = to + ((<usize>(ky * channels + c) * <usize>room) << 2);
        for (let o: usize = 0; o < <usize>outChannels << 2; o += 16) transformFive(from + o, tap, at + o, point);
        continue;
      }
      for (let o = 0; o < outChannels; o++) {
        const at = inPlanes
          ? (((o >> 1) * kernelRows + ky) * channels + c) * 2 + (o & 1)
          : (ky * channels + c) * room + o;
        transformTaps(from, tap, to + (<usize>at << 2), point);
        from += 4;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function transformTaps(from: usize, tap: usize, to: usize, point: usize): void {
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

/** The six points of one vector of tiles (or channels) from the tile's six columns. */
// @ts-ignore: decorator
@inline
function transformColumns(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, point: usize): void {
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

/** The convolution of one zero-padded NHWC image with a transformed filter; out is [positions][O]. */
export function winograd(g: usize, x: usize, filter: usize, bias: usize, out: usize, scratch: usize): void {
  const products = scratch + roomy(<usize>pointCount(g) * imagePointBytes(g));
  if (planar(g)) {
    planarProducts(g, x, scratch, filter, bias, products, out, 0);
  } else {
    transformPixels(g, x, scratch);
    channelProducts(g, scratch, filter, products, products + roomy(<usize>pointCount(g) * productPointBytes(g)));
    combineChannels(g, products, bias, out);
  }
}

/** Whether `winogradPooled` covers a geometry. */
export function poolsInPlanes(g: usize): bool {
  return planar(g) && load<i32>(g, G_POOL) != 0;
}

/** The same with ReLU and 2x2 max-pool (`reluPool` of pool.ts): a tile of two rows is a window of the pool. */
export function winogradPooled(g: usize, x: usize, filter: usize, bias: usize, y: usize, taps: usize, scratch: usize): void {
  const products = scratch + roomy(<usize>POINTS * imagePointBytes(g));
  planarProducts(g, x, scratch, filter, bias, products, y, taps);
}

/** V as [point][tile][row][C]. Vectors may reach into the next row, which comes later. */
function transformPixels(g: usize, x: usize, to: usize): void {
  const tiles = tileCount(g);
  const step = <usize>tileWidth(g);
  const pixel = <usize>load<i32>(g, G_CHANNELS) << 2;
  const rowBytes = <usize>paddedWidth(g) * pixel;
  const end = <usize>paddedHeight(g) * rowBytes;
  const point = imagePointBytes(g);
  for (let t = 0; t < tiles; t++) {
    for (let row: usize = 0; row < end; row += rowBytes) {
      const from = x + row;
      for (let at: usize = 0; at < pixel; at += 16) {
        if (step == FIVE) transformNine(from + at, pixel, to + at, point);
        else transformSix(from + at, pixel, to + at, point);
      }
      to += pixel;
    }
    x += step * pixel;
  }
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
  transformColumns(d0, d1, d2, d3, d4, d5, to, point);
}

/**
 * M of each point as [tile][row][O]: a direct convolution whose columns are the image's rows. What a product reads lies
 * side by side, one run. `shape` is room for its geometry.
 */
function channelProducts(g: usize, v: usize, u: usize, m: usize, shape: usize): void {
  const points = pointCount(g);
  const pixel = load<i32>(g, G_CHANNELS) << 2;
  store<i32>(shape, tileCount(g), G_OUT_HEIGHT);
  store<i32>(shape, load<i32>(g, G_OUT_HEIGHT), G_OUT_WIDTH);
  store<i32>(shape, pixel, G_STEP);
  store<i32>(shape, pixel * paddedHeight(g), G_ROW_STEP);
  store<i32>(shape, 1, G_OUTER);
  store<i32>(shape, 0, G_OUTER_STEP);
  store<i32>(shape, 1, G_INNER);
  store<i32>(shape, 0, G_INNER_STEP);
  store<i32>(shape, pixel * load<i32>(g, G_OUTER), G_LENGTH);
  for (let point = 0; point < points; point++) {
    convolve(shape, v, u, 0, channelRoom(g), m);
    v += imagePointBytes(g);
    u += filterPointBytes(g);
    m += productPointBytes(g);
  }
}

/** The even and the odd output of a tile from its six products. */
// @ts-ignore: decorator
@inline
function evenOutput(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.add(m0, f32x4.add(m1, m2)), f32x4.add(m3, m4));
}
// @ts-ignore: decorator
@inline
function oddOutput(m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): v128 {
  const difference = f32x4.sub(m3, m4);
  return f32x4.add(f32x4.add(f32x4.sub(m1, m2), m5), f32x4.add(difference, difference));
}

function combineChannels(g: usize, m: usize, bias: usize, out: usize): void {
  const tiles = tileCount(g);
  const step = <usize>tileWidth(g);
  const height = load<i32>(g, G_OUT_HEIGHT);
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const room = <usize>channelRoom(g) << 2;
  const point = productPointBytes(g);
  const pixel = <usize>channels << 2;
  const line = <usize>load<i32>(g, G_OUT_WIDTH) * pixel;
  for (let t = 0; t < tiles; t++) {
    let to = out;
    for (let y = 0; y < height; y++) {
      for (let o = 0; o < channels; o += 4) {
        const at = <usize>o << 2;
        const offset = bias ? v128.load(bias + at) : f32x4.splat(0);
        if (step == FIVE) combineNine(m + at, point, offset, to + at, pixel, channels - o);
        else combineSix(m + at, point, offset, to + at, pixel, channels - o);
      }
      m += room;
      to += line;
    }
    out += step * pixel;
  }
}

/** The two outputs, `pixel` bytes apart, of `lanes` channels from their six products, `point` bytes apart. */
// @ts-ignore: decorator
@inline
function combineSix(m: usize, point: usize, offset: v128, out: usize, pixel: usize, lanes: i32): void {
  storeLanes(out, f32x4.add(evenAt(m, point), offset), lanes);
  storeLanes(out + pixel, f32x4.add(oddAt(m, point), offset), lanes);
}

/** One row of V, [point][row][C][tile]. `columns` is room for the row's even columns before the odd ones. */
function transformRow(g: usize, x: usize, columns: usize, to: usize): void {
  const channels = load<i32>(g, G_CHANNELS);
  const pixel = <usize>channels << 2;
  const point = imagePointBytes(g);
  const planeStep = <usize>tileRoom(g) << 2;
  const half = (<usize>(paddedWidth(g) + 1) >> 1) << 2;
  const end = <usize>(load<i32>(g, G_OUT_WIDTH) >> 1) << 2;
  const odd = columns + half;
  for (let c = 0; c < channels; c++) {
    let from = x + (<usize>c << 2);
    for (let at: usize = 0; at < half; at += 4) {
      store<f32>(columns + at, load<f32>(from));
      store<f32>(odd + at, load<f32>(from + pixel));
      from += 2 * pixel;
    }
    for (let at: usize = 0; at < end; at += 16) {
      const e = columns + at;
      const o = odd + at;
      const d0 = v128.load(e);
      const d1 = v128.load(o);
      const d2 = v128.load(e, 4);
      const d3 = v128.load(o, 4);
      const d4 = v128.load(e, 8);
      const d5 = v128.load(o, 8);
      transformColumns(d0, d1, d2, d3, d4, d5, to + at, point);
    }
    to += planeStep;
  }
}

/**
 * A row of the image is transformed just before its first use: what a row of the output reads stays in the nearest cache.
 * Without `taps`, out is [positions][O]; with them it is the pool's output, and a row waits for the one below.
 */
function planarProducts(g: usize, x: usize, v: usize, u: usize, bias: usize, m: usize, out: usize, taps: usize): void {
  const height = load<i32>(g, G_OUT_HEIGHT);
  const tiles = load<i32>(g, G_OUT_WIDTH) >> 1;
  const channels = load<i32>(g, G_CHANNELS);
  const kernelRows = load<i32>(g, G_OUTER);
  const filterBytes = <usize>(channels * kernelRows) << 3;
  const point = productPointBytes(g);
  const imagePoint = imagePointBytes(g);
  const planeStep = <usize>tileRoom(g) << 2;
  const rowBytes = (<usize>(paddedWidth(g) * channels)) << 2;
  const pixel = <usize>load<i32>(g, G_OUT_CHANNELS) << 2;
  const columns = m + roomy(<usize>POINTS * point);
  let ready = v;
  for (let y = 1 - kernelRows; y < height; y++) {
    transformRow(g, x, columns, ready);
    x += rowBytes;
    ready += <usize>channels * planeStep;
    if (y < 0) continue;
    for (let t = 0; t < tiles; t += BLOCK) {
      const from = v + (<usize>t << 2);
      const at = <usize>t * pixel;
      if (!taps) {
        planarBlock(from, planeStep, imagePoint, filterBytes, u, m, point);
        combinePlanes(g, m, bias, tiles - t, out + 2 * at);
      } else if (y & 1) {
        const above = from - <usize>channels * planeStep;
        planarBlock(above, planeStep, imagePoint, filterBytes, u, m, point);
        planarBlock(from, planeStep, imagePoint, filterBytes, u, m + (point >> 1), point);
        poolPlanes(g, m, bias, tiles - t, out + at, taps + at);
      }
    }
    v += <usize>channels * planeStep;
    if (!taps) {
      out += 2 * <usize>tiles * pixel;
    } else if (y & 1) {
      out += <usize>tiles * pixel;
      taps += <usize>tiles * pixel;
    }
  }
}

/** Products of 16 tiles: for each point and pair of output channels, 2 x 16 sums over `taps` bytes of filter. */
function planarBlock(x: usize, step: usize, imagePoint: usize, taps: usize, w: usize, m: usize, point: usize): void {
  const last = m + <usize>POINTS * point;
  const row = point >> 1;
  for (; m < last; m += point) {
    const pointEnd = m + row;
    for (let to = m; to < pointEnd; to += <usize>BLOCK << 3) {
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
        const x2 = v128.load(p, 32);
        const x3 = v128.load(p, 48);
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

/** The outputs of up to 16 tiles, of which `left` exist, to their places. */
function combinePlanes(g: usize, m: usize, bias: usize, left: i32, out: usize): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const point = productPointBytes(g);
  const pixel = <usize>channels << 2;
  const count = min<i32>(left, BLOCK);
  for (let o = 0; o < channels; o++) {
    const offset = bias ? v128.load32_splat(bias + (<usize>o << 2)) : f32x4.splat(0);
    let to = out + (<usize>o << 2);
    for (let j = 0; j < count; j += 4) {
      let p = m + ((<usize>(o * BLOCK + j)) << 2);
      const m0 = v128.load(p);
      p += point;
      const m1 = v128.load(p);
      p += point;
      const m2 = v128.load(p);
      p += point;
      const m3 = v128.load(p);
      p += point;
      const m4 = v128.load(p);
      const m5 = v128.load(p + point);
      const even = f32x4.add(evenOutput(m0, m1, m2, m3, m4), offset);
      const odd = f32x4.add(oddOutput(m1, m2, m3, m4, m5), offset);
      to = scatterPair(even, odd, to, pixel, count - j);
    }
  }
}

/** The pooled outputs of up to 16 windows, of which `left` exist; M holds the upper row's products and, half a point on, the lower's. */
function poolPlanes(g: usize, m: usize, bias: usize, left: i32, y: usize, taps: usize): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const point = productPointBytes(g);
  const lower = point >> 1;
  const pixel = <usize>channels << 2;
  const count = min<i32>(left, BLOCK);
  const floor = load<i32>(g, G_RELU) ? f32x4.splat(0) : f32x4.splat(-Infinity);
  const three = i32x4.splat(3);
  taps -= y;
  for (let o = 0; o < channels; o++) {
    const offset = bias ? v128.load32_splat(bias + (<usize>o << 2)) : f32x4.splat(0);
    let to = y + (<usize>o << 2);
    for (let j = 0; j < count; j += 4) {
      const p = m + ((<usize>(o * BLOCK + j)) << 2);
      let best = f32x4.add(evenAt(p, point), offset);
      let tap = i32x4.splat(0);
      const v1 = f32x4.add(oddAt(p, point), offset);
      const m1 = f32x4.gt(v1, best);
      best = v128.bitselect(v1, best, m1);
      tap = v128.bitselect(constant(41 /* 1 */), tap, m1);
      const v2 = f32x4.add(evenAt(p + lower, point), offset);
      const m2 = f32x4.gt(v2, best);
      best = v128.bitselect(v2, best, m2);
      tap = v128.bitselect(constant(42 /* 2 */), tap, m2);
      const v3 = f32x4.add(oddAt(p + lower, point), offset);
      const m3 = f32x4.gt(v3, best);
      best = f32x4.pmax(v128.bitselect(v3, best, m3), floor);
      tap = v128.bitselect(three, tap, m3);
      scatterLanes(best, to, pixel, count - j);
      scatterLanes(tap, to + taps, pixel, count - j);
      to += 4 * pixel;
    }
  }
}

// @ts-ignore: decorator
@inline
function evenAt(p: usize, point: usize): v128 {
  const m0 = v128.load(p);
  const m1 = v128.load(p + point);
  const m2 = v128.load(p + 2 * point);
  const m3 = v128.load(p + 3 * point);
  return evenOutput(m0, m1, m2, m3, v128.load(p + 4 * point));
}
// @ts-ignore: decorator
@inline
function oddAt(p: usize, point: usize): v128 {
  const m1 = v128.load(p + point);
  const m2 = v128.load(p + 2 * point);
  const m3 = v128.load(p + 3 * point);
  const m4 = v128.load(p + 4 * point);
  return oddOutput(m1, m2, m3, m4, v128.load(p + 5 * point));
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

/** Stores the lanes in turn, even and odd, a pixel apart; returns the place after them. */
// @ts-ignore: decorator
@inline
function scatterPair(even: v128, odd: v128, to: usize, pixel: usize, left: i32): usize {
  v128.store32_lane(to, even, 0);
  v128.store32_lane(to + pixel, odd, 0);
  to += 2 * pixel;
  if (left < 2) return to;
  v128.store32_lane(to, even, 1);
  v128.store32_lane(to + pixel, odd, 1);
  to += 2 * pixel;
  if (left < 3) return to;
  v128.store32_lane(to, even, 2);
  v128.store32_lane(to + pixel, odd, 2);
  to += 2 * pixel;
  if (left < 4) return to;
  v128.store32_lane(to, even, 3);
  v128.store32_lane(to + pixel, odd, 3);
  return to + 2 * pixel;
}
