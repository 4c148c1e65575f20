import { address, arg, argF, madd, paddedBytes, shareStart, storeLanes } from './common';
import { draw } from './conv';
import { DRAW_BYTES, drawNumber, KEY_BYTES, normals16, prepareKeys } from './noise';

/*
 * A tile is 4 images x 16 outputs (forward), so that any thread may take any tile and the noise, which comes in
 * blocks of 16, is drawn where it is used. Rows beyond the batch repeat the last image and are not stored.
 */

/** to[4][8 floats, row 64 bytes] = x[4 rows] w[:, 8 columns] + bias. Rows of x may coincide. */
function product(x0: usize, x1: usize, x2: usize, x3: usize, inputs: i32, w: usize, wStep: usize, bias: usize, to: usize): void {
  let a0 = bias ? v128.load(bias) : f32x4.splat(0);
  let b0 = bias ? v128.load(bias, 16) : f32x4.splat(0);
  let a1 = a0;
  let b1 = b0;
  let a2 = a0;
  let b2 = b0;
  let a3 = a0;
  let b3 = b0;
  const end = x0 + (<usize>inputs << 2);
  x1 -= x0;
  x2 -= x0;
  x3 -= x0;
  for (; x0 < end; x0 += 4) {
    const wa = v128.load(w);
    const wb = v128.load(w, 16);
    w += wStep;
    const s0 = v128.load32_splat(x0);
    a0 = madd(a0, s0, wa);
    b0 = madd(b0, s0, wb);
    const s1 = v128.load32_splat(x0 + x1);
    a1 = madd(a1, s1, wa);
    b1 = madd(b1, s1, wb);
    const s2 = v128.load32_splat(x0 + x2);
    a2 = madd(a2, s2, wa);
    b2 = madd(b2, s2, wb);
    const s3 = v128.load32_splat(x0 + x3);
    a3 = madd(a3, s3, wa);
    b3 = madd(b3, s3, wb);
  }
  v128.store(to, a0);
  v128.store(to, b0, 16);
  v128.store(to, a1, 64);
  v128.store(to, b1, 80);
  v128.store(to, a2, 128);
  v128.store(to, b2, 144);
  v128.store(to, a3, 192);
  v128.store(to, b3, 208);
}

/** The tile of 4 images x up to 16 outputs from column o. `to` is [4][16]. */
function tile(x: usize, b: i32, images: i32, inputs: i32, w: usize, bias: usize, outputs: i32, o: i32, to: usize): void {
  const row = <usize>inputs << 2;
  const last = images - 1;
  const x0 = x + <usize>b * row;
  const x1 = x + <usize>min<i32>(b + 1, last) * row;
  const x2 = x + <usize>min<i32>(b + 2, last) * row;
  const x3 = x + <usize>min<i32>(b + 3, last) * row;
  const at = <usize>o << 2;
  const wStep = <usize>outputs << 2;
  product(x0, x1, x2, x3, inputs, w + at, wStep, bias ? bias + at : 0, to);
  if (o + 8 < outputs) product(x0, x1, x2, x3, inputs, w + at + 32, wStep, bias ? bias + at + 32 : 0, to + 32);
}

/** Writes the valid part of a [4][16] tile into a [images][outputs] matrix, after the optional ReLU. */
function storeTile(from: usize, to: usize, b: i32, images: i32, outputs: i32, o: i32, relu: bool): void {
  const floor = relu ? f32x4.splat(0) : f32x4.splat(-Infinity);
  const rows = min<i32>(4, images - b);
  const columns = min<i32>(16, outputs - o);
  for (let r = 0; r < rows; r++) {
    const target = to + ((<usize>(b + r) * <usize>outputs + <usize>o) << 2);
    for (let i = 0; i < columns; i += 4) {
      const v = v128.load(from + (<usize>i << 2));
      storeLanes(target + (<usize>i << 2), f32x4.pmax(v, floor), columns - i);
    }
    from += 64;
  }
}

/** Op.DenseForward: images, inputs, outputs, relu, x, kernel, bias (0), y. */
export function denseForward(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const inputs = arg(args, 1);
  const outputs = arg(args, 2);
  const across = (outputs + 15) >> 4;
  const tiles = ((images + 3) >> 2) * across;
  const last = shareStart(tiles, tid + 1, threads);
  for (let t = shareStart(tiles, tid, threads); t < last; t++) {
    const b = (t / across) << 2;
    const o = (t % across) << 4;
    tile(address(args, 4), b, images, inputs, address(args, 5), address(args, 6), outputs, o, scratch);
    storeTile(scratch, address(args, 7), b, images, outputs, o, arg(args, 3) != 0);
  }
}

/** Groups of rows of the kernel, each with a partial sum of its own: the result does not depend on which thread took which. */
const GROUPS: i32 = 4;

// @ts-ignore: decorator
@inline
function groupStart(inputs: i32, group: i32): i32 {
  return min<i32>(inputs, shareStart((inputs + 3) >> 2, group, GROUPS) << 2);
}

/**
 * Op.DensePartial: images (up to 4), inputs, outputs, x, kernel, partials ([group][tile][4][16]). A thread takes the rows of
 * the kernel that it also updates: with few images, fetching them from another core's cache costs more than the product.
 */
export function densePartial(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const inputs = arg(args, 1);
  const outputs = arg(args, 2);
  const x = address(args, 3);
  const row = <usize>inputs << 2;
  const last = images - 1;
  const wStep = <usize>outputs << 2;
  const groupEnd = shareStart(GROUPS, tid + 1, threads);
  for (let group = shareStart(GROUPS, tid, threads); group < groupEnd; group++) {
    const first = groupStart(inputs, group);
    const count = groupStart(inputs, group + 1) - first;
    const x0 = x + (<usize>first << 2);
    const x1 = x0 + <usize>min<i32>(1, last) * row;
    const x2 = x0 + <usize>min<i32>(2, last) * row;
    const x3 = x0 + <usize>min<i32>(3, last) * row;
    let w = address(args, 4) + <usize>first * wStep;
    let to = address(args, 5) + (<usize>(group * ((outputs + 15) >> 4)) << 8);
    for (let o = 0; o < outputs; o += 16) {
      product(x0, x1, x2, x3, count, w, wStep, 0, to);
      if (o + 8 < outputs) product(x0, x1, x2, x3, count, w + 32, wStep, 0, to + 32);
      w += 64;
      to += 256;
    }
  }
}

/** Op.DenseSum: images (up to 4), outputs, relu, partials, bias (0), y. */
export function denseSum(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const outputs = arg(args, 1);
  const tiles = (outputs + 15) >> 4;
  const groupBytes = <usize>tiles << 8;
  const last = shareStart(tiles, tid + 1, threads);
  for (let t = shareStart(tiles, tid, threads); t < last; t++) {
    const from = address(args, 3) + (<usize>t << 8);
    const bias = address(args, 4) ? address(args, 4) + (<usize>t << 6) : 0;
    for (let at: usize = 0; at < 256; at += 16) {
      let sum = bias ? v128.load(bias + (at & 63)) : f32x4.splat(0);
      for (let group: usize = 0; group < <usize>GROUPS; group++) sum = f32x4.add(sum, v128.load(from + group * groupBytes + at));
      v128.store(scratch + at, sum);
    }
    storeTile(scratch, address(args, 5), 0, arg(args, 0), outputs, t << 4, arg(args, 2) != 0);
  }
}

/** x^2, not below `clamp`, of rows b..b+3. */
function squareRows(x: usize, b: i32, images: i32, inputs: i32, clamp: f32, to: usize): void {
  const rows = min<i32>(4, images - b);
  const count = rows * inputs;
  const from = x + ((<usize>b * <usize>inputs) << 2);
  const floor = f32x4.splat(clamp);
  for (let i = 0; i < count; i += 4) {
    const v = v128.load(from + (<usize>i << 2));
    v128.store(to + (<usize>i << 2), f32x4.pmax(f32x4.mul(v, v), floor));
  }
}

/**
 * Op.LrtDenseForward: images, inputs, outputs, relu, x, mu, variance, biasMu (0), biasVariance (0), clock, epsilon (0),
 * key0, key1, clamp, y, c.
 */
export function lrtDenseForward(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const inputs = arg(args, 1);
  const outputs = arg(args, 2);
  const clock = address(args, 9);
  const epsilon = address(args, 10);
  const keys = scratch;
  const mean = keys + KEY_BYTES;
  const variance = mean + 256;
  const noise = variance + 256;
  const squared = noise + DRAW_BYTES;
  prepareKeys(keys, arg(args, 11), arg(args, 12));
  const across = (outputs + 15) >> 4;
  const tiles = ((images + 3) >> 2) * across;
  const last = shareStart(tiles, tid + 1, threads);
  let squaredRow = -1;
  for (let t = shareStart(tiles, tid, threads); t < last; t++) {
    const b = (t / across) << 2;
    const o = (t % across) << 4;
    if (squaredRow != b) squareRows(address(args, 4), b, images, inputs, argF(args, 13), squared);
    squaredRow = b;
    tile(address(args, 4), b, images, inputs, address(args, 5), address(args, 7), outputs, o, mean);
    tile(squared, 0, min<i32>(4, images - b), inputs, address(args, 6), address(args, 8), outputs, o, variance);
    for (let r = 0; r < 4 && b + r < images; r++) {
      let from = epsilon ? epsilon + ((<usize>(b + r) * <usize>outputs + <usize>o) << 2) : noise;
      if (!epsilon) normals16(noise, keys, o >> 4, drawNumber(clock, b + r), load<i32>(clock), load<i32>(clock, 4));
      const at = <usize>r << 6;
      for (let i: usize = 0; i < 64; i += 16) draw(mean + at + i, variance + at + i, v128.load(from + i));
    }
    storeTile(mean, address(args, 14), b, images, outputs, o, arg(args, 3) != 0);
    storeTile(variance, address(args, 15), b, images, outputs, o, false);
  }
}

/** g = dy [y > 0] (times c), padded with zeros to a multiple of 8 columns and of 4 rows. */
function maskGradient(images: i32, outputs: i32, relu: bool, dy: usize, y: usize, c: usize, to: usize): void {
  const stride = gradientStride(outputs);
  const row = <usize>outputs << 2;
  const all = i32x4.splat(-1);
  const zero = f32x4.splat(0);
  for (let b = 0; b < images; b++) {
    v128.store(to + stride - 32, zero);
    v128.store(to + stride - 16, zero);
    for (let at: usize = 0; at < row; at += 16) {
      let gradient = v128.load(dy + at);
      if (c) gradient = f32x4.mul(gradient, v128.load(c + at));
      const live = relu ? f32x4.gt(v128.load(y + at), zero) : all;
      storeLanes(to + at, v128.and(gradient, live), <i32>(row - at) >> 2);
    }
    dy += row;
    y += row;
    if (c) c += row;
    to += stride;
  }
  // Kernels take images in fours.
  for (let b = images; b & 3; b++) {
    for (let at: usize = 0; at < stride; at += 16) v128.store(to + at, zero);
    to += stride;
  }
}

/** Bytes of a masked gradient row. */
// @ts-ignore: decorator
@inline
function gradientStride(outputs: i32): usize {
  return <usize>((outputs + 7) & ~7) << 2;
}

/** to[4 rows of `toStep`][8] = sum over images of x[b][4 inputs] g[b][8 outputs]. */
function outer(x: usize, xStep: usize, g: usize, gStep: usize, images: i32, to: usize): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  for (let b = 0; b < images; b++) {
    const ga = v128.load(g);
    const gb = v128.load(g, 16);
    const s0 = v128.load32_splat(x);
    a0 = madd(a0, s0, ga);
    b0 = madd(b0, s0, gb);
    const s1 = v128.load32_splat(x, 4);
    a1 = madd(a1, s1, ga);
    b1 = madd(b1, s1, gb);
    const s2 = v128.load32_splat(x, 8);
    a2 = madd(a2, s2, ga);
    b2 = madd(b2, s2, gb);
    const s3 = v128.load32_splat(x, 12);
    a3 = madd(a3, s3, ga);
    b3 = madd(b3, s3, gb);
    x += xStep;
    g += gStep;
  }
  v128.store(to, a0);
  v128.store(to, b0, 16);
  v128.store(to, a1, 32);
  v128.store(to, b1, 48);
  v128.store(to, a2, 64);
  v128.store(to, b2, 80);
  v128.store(to, a3, 96);
  v128.store(to, b3, 112);
}

/** dKernel rows first..last-1 from x (row step `xStep`, column 0 = input `first`) and masked g. */
function kernelRows(x: usize, xStep: usize, g: usize, images: i32, outputs: i32, first: i32, last: i32, to: usize, block: usize): void {
  const stride = gradientStride(outputs);
  for (let i = first; i < last; i += 4) {
    const rows = min<i32>(4, last - i);
    for (let o = 0; o < outputs; o += 8) {
      outer(x + (<usize>(i - first) << 2), xStep, g + (<usize>o << 2), stride, images, block);
      const width = outputs - o;
      for (let r = 0; r < rows; r++) {
        const target = to + ((<usize>(i + r) * <usize>outputs + <usize>o) << 2);
        const from = block + (<usize>r << 5);
        storeLanes(target, v128.load(from), width);
        if (width > 4) storeLanes(target + 16, v128.load(from, 16), width - 4);
      }
    }
  }
}

/**
 * The same as `kernelRows` for up to four images: no sums to keep, so a row of the kernel is written as it is computed,
 * two at a time. Rows of images that there are not repeat the last one, times zeros in g.
 */
function kernelRows4(x: usize, xStep: usize, g: usize, images: i32, outputs: i32, first: i32, last: i32, to: usize): void {
  const stride = gradientStride(outputs);
  const last1 = images > 1 ? xStep : 0;
  const last2 = images > 2 ? 2 * xStep : last1;
  const last3 = images > 3 ? 3 * xStep : last2;
  const row = <usize>outputs << 2;
  const whole = row & ~15;
  to += <usize>first * row;
  for (let i = first; i < last; i++) {
    const pair = i + 1 < last;
    if (pair) twoRows(x, x + last1, x + last2, x + last3, g, stride, whole, to, to + row);
    else oneRow(x, x + last1, x + last2, x + last3, g, stride, 0, whole, outputs, to);
    if (whole < row) {
      oneRow(x, x + last1, x + last2, x + last3, g, stride, whole, row, outputs, to);
      if (pair) oneRow(x + 4, x + 4 + last1, x + 4 + last2, x + 4 + last3, g, stride, whole, row, outputs, to + row);
    }
    if (pair) i++;
    x += 8;
    to += 2 * row;
  }
}

/** `bytes` of two neighbouring rows of dKernel. */
function twoRows(x0: usize, x1: usize, x2: usize, x3: usize, g: usize, stride: usize, bytes: usize, a: usize, b: usize): void {
  const a0 = v128.load32_splat(x0);
  const b0 = v128.load32_splat(x0, 4);
  const a1 = v128.load32_splat(x1);
  const b1 = v128.load32_splat(x1, 4);
  const a2 = v128.load32_splat(x2);
  const b2 = v128.load32_splat(x2, 4);
  const a3 = v128.load32_splat(x3);
  const b3 = v128.load32_splat(x3, 4);
  const g1 = stride;
  const g2 = 2 * stride;
  const g3 = 3 * stride;
  const end = g + bytes;
  b -= a;
  for (; g < end; g += 16) {
    const v0 = v128.load(g);
    const v1 = v128.load(g + g1);
    const v2 = v128.load(g + g2);
    const v3 = v128.load(g + g3);
    v128.store(a, madd(madd(madd(f32x4.mul(a0, v0), a1, v1), a2, v2), a3, v3));
    v128.store(a + b, madd(madd(madd(f32x4.mul(b0, v0), b1, v1), b2, v2), b3, v3));
    a += 16;
  }
}

/** Columns from byte `at` to `end` of one row of dKernel. */
function oneRow(x0: usize, x1: usize, x2: usize, x3: usize, g: usize, stride: usize, at: usize, end: usize, outputs: i32, to: usize): void {
  for (; at < end; at += 16) {
    let sum = f32x4.mul(v128.load32_splat(x0), v128.load(g + at));
    sum = madd(sum, v128.load32_splat(x1), v128.load(g + stride + at));
    sum = madd(sum, v128.load32_splat(x2), v128.load(g + 2 * stride + at));
    sum = madd(sum, v128.load32_splat(x3), v128.load(g + 3 * stride + at));
    storeLanes(to + at, sum, outputs - <i32>(at >> 2));
  }
}

function biasGradient(g: usize, images: i32, outputs: i32, to: usize): void {
  const stride = gradientStride(outputs);
  for (let o = 0; o < outputs; o += 4) {
    const column = g + (<usize>o << 2);
    let sum = v128.load(column);
    for (let b = 1; b < images; b++) sum = f32x4.add(sum, v128.load(column + <usize>b * stride));
    storeLanes(to + (<usize>o << 2), sum, outputs - o);
  }
}

/**
 * Op.DenseGradKernel: images, inputs, outputs, relu, x, dy, y, c (0), clamp, dKernel, dBias (0), dVariance (0),
 * dBiasVariance (0). A thread owns rows of the kernel and sums over the images in order.
 */
export function denseGradKernel(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const inputs = arg(args, 1);
  const outputs = arg(args, 2);
  const relu = arg(args, 3) != 0;
  const c = address(args, 7);
  const block = scratch;
  const g = block + 128;
  // Whole blocks of four rows go to a thread, so that a block never straddles two.
  const blocks = (inputs + 3) >> 2;
  const first = shareStart(blocks, tid, threads) << 2;
  const last = min<i32>(inputs, shareStart(blocks, tid + 1, threads) << 2);
  const row = <usize>inputs << 2;
  const x = address(args, 4) + (<usize>first << 2);
  const biasTurn = tid == threads - 1;
  maskGradient(images, outputs, relu, address(args, 5), address(args, 6), 0, g);
  const few = images <= 4;
  if (few) kernelRows4(x, row, g, images, outputs, first, last, address(args, 9));
  else kernelRows(x, row, g, images, outputs, first, last, address(args, 9), block);
  if (biasTurn && address(args, 10)) biasGradient(g, images, outputs, address(args, 10));
  if (!c) return;
  maskGradient(images, outputs, relu, address(args, 5), address(args, 6), c, g);
  const squared = g + <usize>((images + 3) & ~3) * gradientStride(outputs) + 64;
  const width = last - first;
  const squaredRow = paddedBytes(width) + 16;
  const floor = f32x4.splat(argF(args, 8));
  for (let b = 0; b < images; b++) {
    const from = x + <usize>b * row;
    const to = squared + <usize>b * squaredRow;
    for (let i = 0; i < width; i += 4) {
      const v = v128.load(from + (<usize>i << 2));
      v128.store(to + (<usize>i << 2), f32x4.pmax(f32x4.mul(v, v), floor));
    }
  }
  if (few) kernelRows4(squared, squaredRow, g, images, outputs, first, last, address(args, 11));
  else kernelRows(squared, squaredRow, g, images, outputs, first, last, address(args, 11), block);
  if (biasTurn && address(args, 12)) biasGradient(g, images, outputs, address(args, 12));
}

/** The sums of four vectors, one in each lane. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7));
  return f32x4.add(i32x4.shuffle(ab, cd, 0, 1, 4, 5), i32x4.shuffle(ab, cd, 2, 3, 6, 7));
}

/** dx of 4 images at inputs i and i + 1 (row of `kernel` at i): to[0] and to[16] hold one image a lane. */
function dots(g: usize, stride: usize, kernel: usize, row: usize, outputs: i32, to: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  const s1 = stride;
  const s2 = stride * 2;
  const s3 = stride * 3;
  const end = g + (<usize>outputs << 2);
  for (; g < end; g += 16) {
    const w0 = v128.load(kernel);
    const w1 = v128.load(kernel + row);
    kernel += 16;
    const g0 = v128.load(g);
    a0 = madd(a0, g0, w0);
    b0 = madd(b0, g0, w1);
    const g1 = v128.load(g + s1);
    a1 = madd(a1, g1, w0);
    b1 = madd(b1, g1, w1);
    const g2 = v128.load(g + s2);
    a2 = madd(a2, g2, w0);
    b2 = madd(b2, g2, w1);
    const g3 = v128.load(g + s3);
    a3 = madd(a3, g3, w0);
    b3 = madd(b3, g3, w1);
  }
  v128.store(to, sums(a0, a1, a2, a3));
  v128.store(to, sums(b0, b1, b2, b3), 16);
}

/**
 * Op.DenseGradInput: images, inputs, outputs, relu, x (0 without variance), kernel, variance (0), dy, y, c (0), clamp, dx,
 * kernelCopy (per thread room is in scratch). A unit of work is 4 images x 2 inputs.
 */
export function denseGradInput(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const inputs = arg(args, 1);
  const outputs = arg(args, 2);
  const relu = arg(args, 3) != 0;
  const kernel = address(args, 5);
  const variance = address(args, 6);
  const dx = address(args, 11);
  const clamp = argF(args, 10);
  const stride = gradientStride(outputs);
  const block = scratch;
  const g = block + 64;
  const room = <usize>((images + 3) & ~3) * stride;
  const gv = g + room;
  maskGradient(images, outputs, relu, address(args, 7), address(args, 8), 0, g);
  if (variance) {
    maskGradient(images, outputs, relu, address(args, 7), address(args, 8), address(args, 9), gv);
  }
  const row = <usize>outputs << 2;
  const across = (inputs + 1) >> 1;
  const units = ((images + 3) >> 2) * across;
  const last = shareStart(units, tid + 1, threads);
  for (let u = shareStart(units, tid, threads); u < last; u++) {
    const b = (u / across) << 2;
    const i = (u % across) << 1;
    const weights = <usize>i * row;
    // The last input of an odd row pairs with itself.
    const next = i + 1 < inputs ? row : 0;
    dots(g + <usize>b * stride, stride, kernel + weights, next, outputs, block);
    if (variance) dots(gv + <usize>b * stride, stride, variance + weights, next, outputs, block + 32);
    for (let r = 0; r < 4 && b + r < images; r++) {
      for (let k = 0; k < 2 && i + k < inputs; k++) {
        const at = (<usize>(b + r) * <usize>inputs + <usize>(i + k)) << 2;
        const lane = (<usize>k << 4) + (<usize>r << 2);
        let value = load<f32>(block + lane);
        if (variance) {
          const x = load<f32>(address(args, 4) + at);
          if (x * x >= clamp) value += 2 * x * load<f32>(block + 32 + lane);
        }
        store<f32>(dx + at, value);
      }
    }
  }
}
