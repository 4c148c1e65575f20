import { block4x1, block4x2, convolve } from './conv-forward';
import { clear, roomy } from './common';
import {
  G_CHANNELS, G_INNER, G_INNER_STEP, G_LENGTH, G_OUTER, G_OUTER_STEP, G_OUT_CHANNELS, G_OUT_HEIGHT, G_OUT_WIDTH, G_POOL, G_ROW_STEP, G_STEP,
} from './geometry';
import { combineNine, transformFive, transformNine } from './winograd-five';
import { planarConvolution, transformTapsFour } from './winograd-four';
import {
  byFive, channelRoom, filterPointBytes, imagePointBytes, paddedHeight, paddedWidth, planar, pointCount, productPointBytes, tileCount, tileWidth,
} from './winograd-shape';
import { combineSix, transformSix, transformTaps } from './winograd-two';

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

/** V as [point][tile][row][C]. Vectors may reach into the next row, which comes later. */
function transformPixels(g: usize, x: usize, to: usize): void {
  const tiles = tileCount(g);
  const step = <usize>tileWidth(g);
  const five = byFive(g);
  const pixel = <usize>load<i32>(g, G_CHANNELS) << 2;
  const rowBytes = <usize>paddedWidth(g) * pixel;
  const end = <usize>paddedHeight(g) * rowBytes;
  const point = imagePointBytes(g);
  for (let t = 0; t < tiles; t++) {
    for (let row: usize = 0; row < end; row += rowBytes) {
      const from = x + row;
      for (let at: usize = 0; at < pixel; at += 16) {
        if (five) transformNine(from + at, pixel, to + at, point);
        else transformSix(from + at, pixel, to + at, point);
      }
      to += pixel;
    }
    x += step * pixel;
  }
}

/**
 * M of each point as [tile][row][O], a vector of rows times a matrix for each row of a tile: the rows of the image that a
 * product reads lie side by side. `shape` is room for a geometry.
 */
function channelProducts(g: usize, v: usize, u: usize, m: usize, shape: usize): void {
  const points = pointCount(g);
  const room = channelRoom(g);
  if (room & 15) productShape(g, shape);
  for (let point = 0; point < points; point++) {
    if (room & 15) convolve(shape, v, u, 0, room, m);
    else for (let o: usize = 0; o < <usize>room << 2; o += 64) pointProducts(g, v, u + o, <usize>room << 2, m + o);
    v += imagePointBytes(g);
    u += filterPointBytes(g);
    m += productPointBytes(g);
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
    m = pixel == 24 ? rowPairs(v, even, 24, length, u, pitch, m) : rowPairs(v, even, pixel, length, u, pitch, m);
    if (height & 1) {
      block4x1(1, 0, 1, 0, length, v + even, pixel, u, pitch, 0, m, 16);
      m += pitch;
    }
  }
}

/** Products of `bytes` of rows, an even number of them, with 16 channels. Returns where m ends. */
// @ts-ignore: decorator
@inline
function rowPairs(x: usize, bytes: usize, pixel: usize, length: usize, u: usize, pitch: usize, m: usize): usize {
  for (const end = x + bytes; x < end; x += 2 * pixel) {
    block4x2(1, 0, 1, 0, length, x, pixel, u, pitch, 0, m, 16);
    m += 2 * pitch;
  }
  return m;
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
  const tiles = tileCount(g);
  const step = <usize>tileWidth(g);
  const five = byFive(g);
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
        if (five) combineNine(m + at, point, offset, to + at, pixel, channels - o);
        else combineSix(m + at, point, offset, to + at, pixel, channels - o);
      }
      m += room;
      to += line;
    }
    out += step * pixel;
  }
}
