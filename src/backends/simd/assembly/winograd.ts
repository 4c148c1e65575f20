import { block4x1, block4x2, convolve } from './conv-forward';
import { clear, madd, roomy, SIX } from './common';
import {
  G_CHANNELS, G_INNER, G_INNER_STEP, G_LENGTH, G_OUTER, G_OUTER_STEP, G_OUT_CHANNELS, G_OUT_HEIGHT, G_OUT_WIDTH, G_POOL, G_ROW_STEP, G_STEP,
} from './geometry';
import { combineRowsByFive, transformFive, transformPairsByFive, transformRowsByFive } from './winograd-five';
import { planarConvolution, transformTapsFour } from './winograd-four';
import {
  byFive, channelRoom, filterPointBytes, imagePointBytes, paddedHeight, paddedWidth, planar, pointCount, productPointBytes, tileCount, tileWidth,
} from './winograd-shape';
import { combineRowsByTwo, transformRowsByTwo, transformTaps } from './winograd-two';

/*
 * Convolutions of stride 1 with five taps a row by Winograd's F(n, 5) along the rows (Winograd 1980; Lavin & Gray 2016): a
 * tile of n outputs takes n + 4 products a kernel row in place of 5 n. Along one axis only: along both the rounding
 * grows, and with few channels the transforms cost what the products save.
 *
 * With few output channels the vector runs over tiles of four outputs ("planar"), so that no lane is idle; else over output
 * channels, in tiles of five or two. The filter is transformed once a call, U[point][...]; an image is transformed to
 * V[point][...], multiplied point by point, and the products M are combined to the outputs.
 */

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
  const tap = (<usize>(channels * outChannels)) << 2;
  clear(to, <usize>pointCount(g) * point);
  for (let i = 0; i < kernelRows * channels; i++) {
    const from = filter + <usize>(i / channels) * 5 * tap + (<usize>(i % channels * outChannels) << 2);
    if (byFive(g)) transformChannels(from, tap, outChannels, to + (<usize>(i * room) << 2), point);
    else transformOneByOne(g, from, tap, i, to, point);
  }
}

function transformChannels(from: usize, tap: usize, outChannels: i32, to: usize, point: usize): void {
  for (let o: usize = 0; o < <usize>outChannels << 2; o += 16) transformFive(from + o, tap, to + o, point);
}

/** Filters of kernel row and channel `i`. */
function transformOneByOne(g: usize, from: usize, tap: usize, i: i32, to: usize, point: usize): void {
  const rows = load<i32>(g, G_OUTER) * load<i32>(g, G_CHANNELS);
  const outChannels = load<i32>(g, G_OUT_CHANNELS);
  const room = channelRoom(g);
  for (let o = 0; o < outChannels; o++, from += 4) {
    if (planar(g)) transformTapsFour(from, tap, to + (<usize>(((o >> 1) * rows + i) * 2 + (o & 1)) << 2), point);
    else transformTaps(from, tap, to + (<usize>(i * room + o) << 2), point);
  }
}

/** The convolution of one zero-padded NHWC image with a transformed filter; out is [positions][O]. */
export function winograd(g: usize, x: usize, filter: usize, bias: usize, out: usize, scratch: usize): void {
  const products = scratch + roomy(<usize>pointCount(g) * imagePointBytes(g));
  if (planar(g)) {
    planarConvolution(g, x, scratch, filter, bias, products, out, 0);
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

/** The same with ReLU and 2x2 max-pool (`reluPool` of pool.ts). */
export function winogradPooled(g: usize, x: usize, filter: usize, bias: usize, y: usize, taps: usize, scratch: usize): void {
  planarConvolution(g, x, scratch, filter, bias, scratch + roomy(<usize>pointCount(g) * imagePointBytes(g)), y, taps);
}

/** V as [point][tile][row][C]. */
function transformPixels(g: usize, x: usize, to: usize): void {
  const rows = paddedHeight(g);
  const pixel = <usize>load<i32>(g, G_CHANNELS) << 2;
  const rowBytes = <usize>paddedWidth(g) * pixel;
  const point = imagePointBytes(g);
  const step = <usize>tileWidth(g) * pixel;
  for (const end = x + <usize>tileCount(g) * step; x < end; x += step) {
    if (!byFive(g)) transformRowsByTwo(x, rows, rowBytes, pixel, to, point);
    else if (pixel == SIX && !(rows & 1)) transformPairsByFive(x, rows, rowBytes, to, point);
    else transformRowsByFive(x, rows, rowBytes, pixel, to, point);
    to += <usize>rows * pixel;
  }
}

/**
 * M of each point as [tile][row][O], a vector of rows times a matrix for each row of a tile: the rows of the image that a
 * product reads lie side by side. `shape` is room for a geometry.
 */
function channelProducts(g: usize, v: usize, u: usize, m: usize, shape: usize): void {
  const rows = load<i32>(g, G_OUT_HEIGHT);
  const pixel = <usize>load<i32>(g, G_CHANNELS) << 2;
  const room = channelRoom(g);
  const pitch = <usize>room << 2;
  const sixToSixteen = pixel == SIX && room == 16 && !(rows & 1);
  const column = pixel * <usize>paddedHeight(g);
  const length = pixel * <usize>load<i32>(g, G_OUTER);
  if (room & 15) productShape(g, shape);
  for (let point = pointCount(g); point > 0; point--) {
    if (sixToSixteen) sixBySixteen(v, tileCount(g), rows, column, length, u, m);
    else if (room & 15) convolve(shape, v, u, 0, room, m);
    else for (let o: usize = 0; o < pitch; o += 64) pointProducts(g, v, u + o, pitch, m + o);
    v += imagePointBytes(g);
    u += filterPointBytes(g);
    m += productPointBytes(g);
  }
}

/**
 * All of a point's products where a pixel has six channels and an output sixteen, as in the LeNet's second layer, for an even number
 * of rows. Loads stand beside their use and stores in the order of the products: in a clump six loads hold up the processor, and
 * compilers keep more or less to this order.
 */
function sixBySixteen(v: usize, tiles: i32, rows: i32, column: usize, length: usize, u: usize, m: usize): void {
  for (const end = v + <usize>tiles * column; v < end; v += column) {
    const last = v + <usize>rows * SIX;
    let x = v;
    do {
      let a0 = f32x4.splat(0);
      let b0 = a0;
      let a1 = a0;
      let b1 = a0;
      let a2 = a0;
      let b2 = a0;
      let a3 = a0;
      let b3 = a0;
      let w = u;
      let p = x;
      const stop = x + length;
      do {
        const x0 = v128.load32_splat(p);
        const x1 = v128.load32_splat(p, SIX);
        const w0 = v128.load(w);
        a0 = madd(a0, x0, w0);
        b0 = madd(b0, x1, w0);
        const w1 = v128.load(w, 16);
        a1 = madd(a1, x0, w1);
        b1 = madd(b1, x1, w1);
        const w2 = v128.load(w, 32);
        a2 = madd(a2, x0, w2);
        b2 = madd(b2, x1, w2);
        const w3 = v128.load(w, 48);
        a3 = madd(a3, x0, w3);
        b3 = madd(b3, x1, w3);
        w += 64;
        p += 4;
      } while (p < stop);
      v128.store(m, a0);
      v128.store(m, b0, 64);
      v128.store(m, a1, 16);
      v128.store(m, b1, 80);
      v128.store(m, a2, 32);
      v128.store(m, b2, 96);
      v128.store(m, a3, 48);
      v128.store(m, b3, 112);
      m += 128;
      x += 2 * SIX;
    } while (x < last);
  }
}

/** Sixteen channels of a point's products. */
function pointProducts(g: usize, v: usize, u: usize, pitch: usize, m: usize): void {
  const pixel = <usize>load<i32>(g, G_CHANNELS) << 2;
  const length = pixel * <usize>load<i32>(g, G_OUTER);
  const height = load<i32>(g, G_OUT_HEIGHT);
  const even = <usize>(height & ~1) * pixel;
  const column = pixel * <usize>paddedHeight(g);
  for (const end = v + <usize>tileCount(g) * column; v < end; v += column) {
    for (let x = v; x < v + even; x += 2 * pixel) {
      block4x2(false, 1, 0, 1, 0, length, x, pixel, u, pitch, 0, m, 16);
      m += 2 * pitch;
    }
    if (height & 1) {
      block4x1(1, 0, 1, 0, length, v + even, pixel, u, pitch, 0, m, 16);
      m += pitch;
    }
  }
}

/** The products of other numbers of channels: a direct convolution whose columns are the image's rows. */
function productShape(g: usize, shape: usize): void {
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
}

function combineChannels(g: usize, m: usize, bias: usize, out: usize): void {
  const rows = load<i32>(g, G_OUT_HEIGHT);
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const room = <usize>channelRoom(g) << 2;
  const point = productPointBytes(g);
  const line = <usize>(load<i32>(g, G_OUT_WIDTH) * channels) << 2;
  const step = <usize>(tileWidth(g) * channels) << 2;
  for (const end = out + line; out < end; out += step) {
    if (byFive(g)) combineRowsByFive(m, rows, room, point, bias, channels, out, line);
    else combineRowsByTwo(m, rows, room, point, bias, channels, out, line);
    m += <usize>rows * room;
  }
}
