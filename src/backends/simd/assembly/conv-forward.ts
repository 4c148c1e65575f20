import { madd, SIX, storeLanes } from './common';
import {
  G_INNER,
  G_INNER_STEP,
  G_LENGTH,
  G_OUT_HEIGHT,
  G_OUT_WIDTH,
  G_OUTER,
  G_OUTER_STEP,
  G_ROW_STEP,
  G_STEP,
} from './geometry';

/*
 * The compiler moves all loads of a loop body to its front, so that accumulators, weights and inputs are alive at
 * once: 8 + 4 + 2 (or 8 + 2 + 4) fit the 15 vector registers there are, 10 + 2 + 5 spill and take twice the time.
 */

/**
 * A direct convolution of one zero-padded NHWC image: the vector runs over output channels,
 * so any kernel, stride and dilation takes the same path. Filters are [patch][O], the output is [positions][O].
 */
export function convolve(g: usize, x: usize, w: usize, bias: usize, outChannels: i32, out: usize): void {
  let o = 0;
  for (; o + 16 <= outChannels; o += 16) wide(g, x, w, bias, outChannels, o, out);
  for (; o < outChannels; o += 8) narrow(g, x, w, bias, outChannels, o, out);
}

/** Channels o to o + 15 of every position. */
function wide(g: usize, x: usize, w: usize, bias: usize, outChannels: i32, o: i32, out: usize): void {
  const outHeight = load<i32>(g, G_OUT_HEIGHT);
  const outWidth = load<i32>(g, G_OUT_WIDTH);
  // Loaded here: in the blocks every store may alias them.
  const outer = load<i32>(g, G_OUTER);
  const inner = load<i32>(g, G_INNER);
  const outerStep = <usize>load<i32>(g, G_OUTER_STEP);
  const innerStep = <usize>load<i32>(g, G_INNER_STEP);
  const length = <usize>load<i32>(g, G_LENGTH);
  const step = <usize>load<i32>(g, G_STEP);
  const wStep = (<usize>outChannels) << 2;
  const offset = (<usize>o) << 2;
  const offsets = bias ? bias + offset : 0;
  out += offset;
  for (let y = 0; y < outHeight; y++) {
    let from = x;
    let column = 0;
    for (; column + 2 <= outWidth; column += 2) {
      if (step == SIX) block4x2(true, outer, outerStep, inner, innerStep, length, from, SIX, w + offset, wStep, offsets, out, 16);
      else block4x2(false, outer, outerStep, inner, innerStep, length, from, step, w + offset, wStep, offsets, out, 16);
      from += step * 2;
      out += wStep * 2;
    }
    if (column < outWidth) {
      block4x1(outer, outerStep, inner, innerStep, length, from, step, w + offset, wStep, offsets, out, 16);
      out += wStep;
    }
    x += <usize>load<i32>(g, G_ROW_STEP);
  }
}

/** Channels o to at most o + 7 of every position. */
function narrow(g: usize, x: usize, w: usize, bias: usize, outChannels: i32, o: i32, out: usize): void {
  const outHeight = load<i32>(g, G_OUT_HEIGHT);
  const outWidth = load<i32>(g, G_OUT_WIDTH);
  // Loaded here: in the blocks every store may alias them.
  const outer = load<i32>(g, G_OUTER);
  const inner = load<i32>(g, G_INNER);
  const outerStep = <usize>load<i32>(g, G_OUTER_STEP);
  const innerStep = <usize>load<i32>(g, G_INNER_STEP);
  const length = <usize>load<i32>(g, G_LENGTH);
  const step = <usize>load<i32>(g, G_STEP);
  const wStep = (<usize>outChannels) << 2;
  const offset = (<usize>o) << 2;
  const offsets = bias ? bias + offset : 0;
  const width = min<i32>(outChannels - o, 8);
  out += offset;
  for (let y = 0; y < outHeight; y++) {
    let from = x;
    let column = 0;
    for (; column + 4 <= outWidth; column += 4) {
      block2x4(outer, outerStep, inner, innerStep, length, from, step, w + offset, wStep, offsets, out, width);
      from += step * 4;
      out += wStep * 4;
    }
    for (; column < outWidth; column++) {
      block2x1(outer, outerStep, inner, innerStep, length, from, step, w + offset, wStep, offsets, out, width);
      from += step;
      out += wStep;
    }
    x += <usize>load<i32>(g, G_ROW_STEP);
  }
}

function storeLow(to: usize, v: v128, width: i32): void {
  storeLanes(to, v, width);
}

function storeHigh(to: usize, v: v128, width: i32): void {
  if (width > 4) storeLanes(to + 16, v, width - 4);
}

/** 16 output channels x 2 neighbouring positions. @param six whether `step` is SIX: a constant, it becomes part of the load */
// @ts-ignore: decorator
@inline
export function block4x2(
  six: bool,
  outer: i32,
  outerStep: usize,
  inner: i32,
  innerStep: usize,
  length: usize,
  x: usize,
  step: usize,
  w: usize,
  wStep: usize,
  bias: usize,
  out: usize,
  width: i32,
): void {
  let a00 = bias ? v128.load(bias) : f32x4.splat(0);
  let a01 = bias ? v128.load(bias, 16) : f32x4.splat(0);
  let a02 = bias ? v128.load(bias, 32) : f32x4.splat(0);
  let a03 = bias ? v128.load(bias, 48) : f32x4.splat(0);
  let a10 = a00;
  let a11 = a01;
  let a12 = a02;
  let a13 = a03;
  for (let i = 0; i < outer; i++) {
    let run = x;
    for (let j = 0; j < inner; j++) {
      const end = run + length;
      for (let p = run; p < end; p += 4) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        const w2 = v128.load(w, 32);
        const w3 = v128.load(w, 48);
        w += wStep;
        const x0 = v128.load32_splat(p);
        a00 = madd(a00, x0, w0);
        a01 = madd(a01, x0, w1);
        a02 = madd(a02, x0, w2);
        a03 = madd(a03, x0, w3);
        const x1 = six ? v128.load32_splat(p, SIX) : v128.load32_splat(p + step);
        a10 = madd(a10, x1, w0);
        a11 = madd(a11, x1, w1);
        a12 = madd(a12, x1, w2);
        a13 = madd(a13, x1, w3);
      }
      run += innerStep;
    }
    x += outerStep;
  }
  v128.store(out, a00);
  v128.store(out + 16, a01);
  v128.store(out + 32, a02);
  v128.store(out + 48, a03);
  out += wStep;
  v128.store(out, a10);
  v128.store(out + 16, a11);
  v128.store(out + 32, a12);
  v128.store(out + 48, a13);
}

/** 16 output channels x 1 neighbouring position. */
export function block4x1(
  outer: i32,
  outerStep: usize,
  inner: i32,
  innerStep: usize,
  length: usize,
  x: usize,
  step: usize,
  w: usize,
  wStep: usize,
  bias: usize,
  out: usize,
  width: i32,
): void {
  let a00 = bias ? v128.load(bias) : f32x4.splat(0);
  let a01 = bias ? v128.load(bias, 16) : f32x4.splat(0);
  let a02 = bias ? v128.load(bias, 32) : f32x4.splat(0);
  let a03 = bias ? v128.load(bias, 48) : f32x4.splat(0);
  for (let i = 0; i < outer; i++) {
    let run = x;
    for (let j = 0; j < inner; j++) {
      const end = run + length;
      for (let p = run; p < end; p += 4) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        const w2 = v128.load(w, 32);
        const w3 = v128.load(w, 48);
        w += wStep;
        const x0 = v128.load32_splat(p);
        a00 = madd(a00, x0, w0);
        a01 = madd(a01, x0, w1);
        a02 = madd(a02, x0, w2);
        a03 = madd(a03, x0, w3);
      }
      run += innerStep;
    }
    x += outerStep;
  }
  v128.store(out, a00);
  v128.store(out + 16, a01);
  v128.store(out + 32, a02);
  v128.store(out + 48, a03);
}

/** 8 output channels x 4 neighbouring positions. */
// @ts-ignore: decorator
@inline
function block2x4(
  outer: i32,
  outerStep: usize,
  inner: i32,
  innerStep: usize,
  length: usize,
  x: usize,
  step: usize,
  w: usize,
  wStep: usize,
  bias: usize,
  out: usize,
  width: i32,
): void {
  let a00 = bias ? v128.load(bias) : f32x4.splat(0);
  let a01 = bias ? v128.load(bias, 16) : f32x4.splat(0);
  let a10 = a00;
  let a11 = a01;
  let a20 = a00;
  let a21 = a01;
  let a30 = a00;
  let a31 = a01;
  const step2 = step * 2;
  const step3 = step * 3;
  for (let i = 0; i < outer; i++) {
    let run = x;
    for (let j = 0; j < inner; j++) {
      const end = run + length;
      for (let p = run; p < end; p += 4) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        w += wStep;
        const x0 = v128.load32_splat(p);
        a00 = madd(a00, x0, w0);
        a01 = madd(a01, x0, w1);
        const x1 = v128.load32_splat(p + step);
        a10 = madd(a10, x1, w0);
        a11 = madd(a11, x1, w1);
        const x2 = v128.load32_splat(p + step2);
        a20 = madd(a20, x2, w0);
        a21 = madd(a21, x2, w1);
        const x3 = v128.load32_splat(p + step3);
        a30 = madd(a30, x3, w0);
        a31 = madd(a31, x3, w1);
      }
      run += innerStep;
    }
    x += outerStep;
  }
  storeLow(out, a00, width);
  storeHigh(out, a01, width);
  out += wStep;
  storeLow(out, a10, width);
  storeHigh(out, a11, width);
  out += wStep;
  storeLow(out, a20, width);
  storeHigh(out, a21, width);
  out += wStep;
  storeLow(out, a30, width);
  storeHigh(out, a31, width);
}

/** 8 output channels x 1 neighbouring position. */
function block2x1(
  outer: i32,
  outerStep: usize,
  inner: i32,
  innerStep: usize,
  length: usize,
  x: usize,
  step: usize,
  w: usize,
  wStep: usize,
  bias: usize,
  out: usize,
  width: i32,
): void {
  let a00 = bias ? v128.load(bias) : f32x4.splat(0);
  let a01 = bias ? v128.load(bias, 16) : f32x4.splat(0);
  for (let i = 0; i < outer; i++) {
    let run = x;
    for (let j = 0; j < inner; j++) {
      const end = run + length;
      for (let p = run; p < end; p += 4) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        w += wStep;
        const x0 = v128.load32_splat(p);
        a00 = madd(a00, x0, w0);
        a01 = madd(a01, x0, w1);
      }
      run += innerStep;
    }
    x += outerStep;
  }
  storeLow(out, a00, width);
  storeHigh(out, a01, width);
}
