import { address, arg, argF, clear, shareStart } from './common';

/*
 * Batch normalisation over NHWC maps with a multiple of 8 channels, with what follows it: a shortcut's sum and ReLU.
 * Two vectors of channels at a time. Sums go image by image and are joined in the images' order, whatever the threads.
 */

/** Op.BatchNormMoments: images, positions, channels, x, partials [images][2][C]: each image's means and sums of squares around them. */
export function batchNormMoments(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const positions = arg(args, 1);
  const pixel = <usize>arg(args, 2) << 2;
  const bytes = <usize>positions * pixel;
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    const x = address(args, 3) + <usize>b * bytes;
    const to = address(args, 4) + <usize>b * 2 * pixel;
    for (let at: usize = 0; at < pixel; at += 32) imageMoments(x + at, x + at + bytes, pixel, positions, to + at);
  }
}

function imageMoments(x: usize, end: usize, pixel: usize, positions: i32, to: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  for (let p = x; p < end; p += pixel) {
    s0 = f32x4.add(s0, v128.load(p));
    s1 = f32x4.add(s1, v128.load(p, 16));
  }
  const n = f32x4.splat(<f32>positions);
  const mean0 = f32x4.div(s0, n);
  const mean1 = f32x4.div(s1, n);
  let q0 = f32x4.splat(0);
  let q1 = f32x4.splat(0);
  for (let p = x; p < end; p += pixel) {
    const d0 = f32x4.sub(v128.load(p), mean0);
    const d1 = f32x4.sub(v128.load(p, 16), mean1);
    q0 = f32x4.add(q0, f32x4.mul(d0, d0));
    q1 = f32x4.add(q1, f32x4.mul(d1, d1));
  }
  v128.store(to, mean0);
  v128.store(to, mean1, 16);
  to += pixel;
  v128.store(to, q0);
  v128.store(to, q1, 16);
}

/**
 * Op.BatchNormStatistics: images, positions, channels, partials, runningMean, runningVariance, epsilon, momentum, stats.
 * Stats are [2][C]: the batch's means and 1 / sqrt(variance + epsilon), joined as in Chan et al. 1983; the running values move
 * by `momentum` towards the batch's mean and unbiased variance.
 */
export function batchNormStatistics(args: usize, tid: i32, threads: i32, scratch: usize): void {
  if (tid != 0) return;
  const pixel = <usize>arg(args, 2) << 2;
  for (let at: usize = 0; at < pixel; at += 16) joinMoments(args, pixel, at);
}

function joinMoments(args: usize, pixel: usize, at: usize): void {
  const images = arg(args, 0);
  const positions = arg(args, 1);
  const partials = address(args, 3) + at;
  const end = partials + <usize>images * 2 * pixel;
  let sum = f32x4.splat(0);
  for (let p = partials; p < end; p += 2 * pixel) sum = f32x4.add(sum, v128.load(p));
  const mean = f32x4.div(sum, f32x4.splat(<f32>images));
  let within = f32x4.splat(0);
  let between = f32x4.splat(0);
  for (let p = partials; p < end; p += 2 * pixel) {
    const d = f32x4.sub(v128.load(p), mean);
    between = f32x4.add(between, f32x4.mul(d, d));
    within = f32x4.add(within, v128.load(p + pixel));
  }
  const squares = f32x4.add(within, f32x4.mul(between, f32x4.splat(<f32>positions)));
  const n = <f32>images * <f32>positions;
  const variance = f32x4.div(squares, f32x4.splat(n));
  storeStatistics(address(args, 8) + at, pixel, mean, variance, argF(args, 6));
  const momentum = f32x4.splat(argF(args, 7));
  move(address(args, 4) + at, mean, momentum);
  move(address(args, 5) + at, f32x4.div(squares, f32x4.splat(n - 1)), momentum);
}

function storeStatistics(to: usize, pixel: usize, mean: v128, variance: v128, epsilon: f32): void {
  v128.store(to, mean);
  const root = f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon)));
  v128.store(to + pixel, f32x4.div(f32x4.splat(1), root));
}

function move(running: usize, value: v128, momentum: v128): void {
  const old = v128.load(running);
  v128.store(running, f32x4.add(f32x4.mul(f32x4.sub(f32x4.splat(1), momentum), old), f32x4.mul(momentum, value)));
}

/** Op.BatchNormRunning: channels, runningMean, runningVariance, epsilon, stats: the statistics of evaluation. */
export function batchNormRunning(args: usize, tid: i32, threads: i32, scratch: usize): void {
  if (tid != 0) return;
  const pixel = <usize>arg(args, 0) << 2;
  for (let at: usize = 0; at < pixel; at += 16) {
    storeStatistics(address(args, 4) + at, pixel, v128.load(address(args, 1) + at), v128.load(address(args, 2) + at), argF(args, 3));
  }
}

/**
 * Op.BatchNormApply: images, height, width, channels, relu, x, stats, scale, shift, shortcut (0: none), shortcutChannels, stride,
 * y. The shortcut is [stride * height][stride * width][shortcutChannels]: every stride-th cell, zero channels around it.
 */
export function batchNormApply(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const height = arg(args, 1);
  const width = arg(args, 2);
  const pixel = <usize>arg(args, 3) << 2;
  const bytes = <usize>(height * width) * pixel;
  const from = <usize>arg(args, 10) << 2;
  const stride = arg(args, 11);
  const column = <usize>stride * from;
  const row = column * <usize>(stride * width);
  const before = (pixel - from) >> 1;
  const shortcut = address(args, 9);
  const shortcutBytes = row * <usize>height;
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    const at = <usize>b * bytes;
    for (let c: usize = 0; c < pixel; c += 32) {
      const x = address(args, 5) + at + c;
      const y = address(args, 12) + at + c;
      if (shortcut != 0 && c >= before && c < before + from) {
        const start = shortcut + <usize>b * shortcutBytes + (c - before);
        for (let line: usize = 0; line < <usize>height; line++) {
          const skip = line * <usize>width * pixel;
          addingRow(args, c, pixel, x + skip, y + skip, y + skip + <usize>width * pixel, start + line * row, column);
        }
      } else {
        plainRows(args, c, pixel, x, y, y + bytes);
      }
    }
  }
}

/** The least output: 0 behind ReLU. `pmax` keeps NaN. */
// @ts-ignore: decorator
@inline
function floorOf(relu: i32): v128 {
  return f32x4.splat(relu != 0 ? <f32>0 : -<f32>Infinity);
}

function plainRows(args: usize, c: usize, pixel: usize, x: usize, y: usize, end: usize): void {
  const stats = address(args, 6) + c;
  const floor = floorOf(arg(args, 4));
  const mean0 = v128.load(stats);
  const mean1 = v128.load(stats, 16);
  const scale0 = f32x4.mul(v128.load(address(args, 7) + c), v128.load(stats + pixel));
  const scale1 = f32x4.mul(v128.load(address(args, 7) + c, 16), v128.load(stats + pixel, 16));
  const shift0 = v128.load(address(args, 8) + c);
  const shift1 = v128.load(address(args, 8) + c, 16);
  for (; y < end; y += pixel) {
    const z0 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), mean0), scale0), shift0);
    const z1 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x, 16), mean1), scale1), shift1);
    v128.store(y, f32x4.pmax(z0, floor));
    v128.store(y, f32x4.pmax(z1, floor), 16);
    x += pixel;
  }
}

function addingRow(args: usize, c: usize, pixel: usize, x: usize, y: usize, end: usize, shortcut: usize, step: usize): void {
  const stats = address(args, 6) + c;
  const floor = floorOf(arg(args, 4));
  const mean0 = v128.load(stats);
  const mean1 = v128.load(stats, 16);
  const scale0 = f32x4.mul(v128.load(address(args, 7) + c), v128.load(stats + pixel));
  const scale1 = f32x4.mul(v128.load(address(args, 7) + c, 16), v128.load(stats + pixel, 16));
  const shift0 = v128.load(address(args, 8) + c);
  const shift1 = v128.load(address(args, 8) + c, 16);
  for (; y < end; y += pixel) {
    const z0 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), mean0), scale0), shift0);
    const z1 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x, 16), mean1), scale1), shift1);
    v128.store(y, f32x4.pmax(f32x4.add(z0, v128.load(shortcut)), floor));
    v128.store(y, f32x4.pmax(f32x4.add(z1, v128.load(shortcut, 16)), floor), 16);
    x += pixel;
    shortcut += step;
  }
}

/** A gradient that ReLU lets pass where its output `y` is positive; all of it where there is no ReLU (`open`). */
// @ts-ignore: decorator
@inline
function passed(dy: v128, y: v128, open: v128): v128 {
  return v128.and(dy, v128.or(f32x4.gt(y, f32x4.splat(0)), open));
}

// @ts-ignore: decorator
@inline
function openOf(relu: i32): v128 {
  return i32x4.splat(relu != 0 ? 0 : -1);
}

/**
 * Op.BatchNormGradSums: images, positions, channels, relu, dy, y, x, stats, partials [images][2][C], dz (0: not kept). Each image's
 * sums of dz, what ReLU lets pass of dy, and of dz (x - mean).
 */
export function batchNormGradSums(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const pixel = <usize>arg(args, 2) << 2;
  const bytes = <usize>arg(args, 1) * pixel;
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    const at = <usize>b * bytes;
    const to = address(args, 8) + <usize>b * 2 * pixel;
    for (let c: usize = 0; c < pixel; c += 32) {
      if (address(args, 9) != 0) keptSums(args, at + c, bytes, pixel, address(args, 7) + c, to + c);
      else imageSums(args, at + c, bytes, pixel, address(args, 7) + c, to + c);
    }
  }
}

function imageSums(args: usize, at: usize, bytes: usize, pixel: usize, stats: usize, to: usize): void {
  let dy = address(args, 4) + at;
  let y = address(args, 5) + at;
  let x = address(args, 6) + at;
  const open = openOf(arg(args, 3));
  const mean0 = v128.load(stats);
  const mean1 = v128.load(stats, 16);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let q0 = f32x4.splat(0);
  let q1 = f32x4.splat(0);
  for (const end = dy + bytes; dy < end; dy += pixel) {
    const d0 = passed(v128.load(dy), v128.load(y), open);
    const d1 = passed(v128.load(dy, 16), v128.load(y, 16), open);
    s0 = f32x4.add(s0, d0);
    s1 = f32x4.add(s1, d1);
    q0 = f32x4.add(q0, f32x4.mul(d0, f32x4.sub(v128.load(x), mean0)));
    q1 = f32x4.add(q1, f32x4.mul(d1, f32x4.sub(v128.load(x, 16), mean1)));
    y += pixel;
    x += pixel;
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to + pixel, q0);
  v128.store(to + pixel, q1, 16);
}

function keptSums(args: usize, at: usize, bytes: usize, pixel: usize, stats: usize, to: usize): void {
  let dz = address(args, 9) + at;
  const from = dz;
  let dy = address(args, 4) + at;
  let y = address(args, 5) + at;
  const open = openOf(arg(args, 3));
  for (const end = dy + bytes; dy < end; dy += pixel) {
    v128.store(dz, passed(v128.load(dy), v128.load(y), open));
    v128.store(dz, passed(v128.load(dy, 16), v128.load(y, 16), open), 16);
    y += pixel;
    dz += pixel;
  }
  sumKept(from, dz, address(args, 6) + at, pixel, stats, to);
}

function sumKept(dz: usize, end: usize, x: usize, pixel: usize, stats: usize, to: usize): void {
  const mean0 = v128.load(stats);
  const mean1 = v128.load(stats, 16);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let q0 = f32x4.splat(0);
  let q1 = f32x4.splat(0);
  for (; dz < end; dz += pixel) {
    const d0 = v128.load(dz);
    const d1 = v128.load(dz, 16);
    s0 = f32x4.add(s0, d0);
    s1 = f32x4.add(s1, d1);
    q0 = f32x4.add(q0, f32x4.mul(d0, f32x4.sub(v128.load(x), mean0)));
    q1 = f32x4.add(q1, f32x4.mul(d1, f32x4.sub(v128.load(x, 16), mean1)));
    x += pixel;
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to + pixel, q0);
  v128.store(to + pixel, q1, 16);
}

/** Op.BatchNormGradStatistics: images, channels, partials, stats, dScale, dShift. */
export function batchNormGradStatistics(args: usize, tid: i32, threads: i32, scratch: usize): void {
  if (tid != 0) return;
  const pixel = <usize>arg(args, 1) << 2;
  for (let at: usize = 0; at < pixel; at += 16) {
    let p = address(args, 2) + at;
    const end = p + <usize>arg(args, 0) * 2 * pixel;
    let s = f32x4.splat(0);
    let q = f32x4.splat(0);
    for (; p < end; p += 2 * pixel) {
      s = f32x4.add(s, v128.load(p));
      q = f32x4.add(q, v128.load(p + pixel));
    }
    v128.store(address(args, 4) + at, f32x4.mul(q, v128.load(address(args, 3) + pixel + at)));
    v128.store(address(args, 5) + at, s);
  }
}

/**
 * Op.BatchNormGradApply: images, positions, channels, relu, dy, y, x, stats, scale, dScale, dShift, dx.
 * dx = scale / s (dz - mean(dz) - xhat mean(dz xhat)), s the batch's standard deviation (Ioffe & Szegedy 2015, section 3).
 */
export function batchNormGradApply(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const pixel = <usize>arg(args, 2) << 2;
  const bytes = <usize>arg(args, 1) * pixel;
  const n = <f32>images * <f32>arg(args, 1);
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    for (let c: usize = 0; c < pixel; c += 32) {
      if (arg(args, 3) != 0) maskedRows(args, <usize>b * bytes + c, c, bytes, pixel, n);
      else openRows(args, <usize>b * bytes + c, c, bytes, pixel, n);
    }
  }
}

function maskedRows(args: usize, at: usize, c: usize, bytes: usize, pixel: usize, n: f32): void {
  gradRows(true, args, at, c, bytes, pixel, n);
}

/** Without ReLU the output is not read. */
function openRows(args: usize, at: usize, c: usize, bytes: usize, pixel: usize, n: f32): void {
  gradRows(false, args, at, c, bytes, pixel, n);
}

// @ts-ignore: decorator
@inline
function gradRows(masked: bool, args: usize, at: usize, c: usize, bytes: usize, pixel: usize, n: f32): void {
  const dScale = address(args, 9) + c;
  const dShift = address(args, 10) + c;
  const stats = address(args, 7) + c;
  const zero = f32x4.splat(0);
  const over = f32x4.splat(<f32>1 / n);
  const inverse0 = v128.load(stats + pixel);
  const inverse1 = v128.load(stats + pixel, 16);
  const mean0 = v128.load(stats);
  const mean1 = v128.load(stats, 16);
  const factor0 = f32x4.mul(v128.load(address(args, 8) + c), inverse0);
  const factor1 = f32x4.mul(v128.load(address(args, 8) + c, 16), inverse1);
  const shift0 = f32x4.mul(v128.load(dShift), over);
  const shift1 = f32x4.mul(v128.load(dShift, 16), over);
  const slope0 = f32x4.mul(f32x4.mul(v128.load(dScale), over), inverse0);
  const slope1 = f32x4.mul(f32x4.mul(v128.load(dScale, 16), over), inverse1);
  let dy = address(args, 4) + at;
  let y = address(args, 5) + at;
  let x = address(args, 6) + at;
  let dx = address(args, 11) + at;
  for (const end = dy + bytes; dy < end; dy += pixel) {
    let d0 = v128.load(dy);
    let d1 = v128.load(dy, 16);
    if (masked) {
      d0 = v128.and(d0, f32x4.gt(v128.load(y), zero));
      d1 = v128.and(d1, f32x4.gt(v128.load(y, 16), zero));
      y += pixel;
    }
    d0 = f32x4.sub(d0, shift0);
    d1 = f32x4.sub(d1, shift1);
    const e0 = f32x4.mul(f32x4.sub(v128.load(x), mean0), slope0);
    const e1 = f32x4.mul(f32x4.sub(v128.load(x, 16), mean1), slope1);
    v128.store(dx, f32x4.mul(f32x4.sub(d0, e0), factor0));
    v128.store(dx, f32x4.mul(f32x4.sub(d1, e1), factor1), 16);
    x += pixel;
    dx += pixel;
  }
}

/**
 * Op.ShortcutGrad: images, height, width, channels, relu, dy, y, shortcutChannels, stride, dShortcut: what ReLU lets pass of dy
 * at the cells that the shortcut read, zero at the others.
 */
export function shortcutGrad(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const height = arg(args, 1);
  const width = arg(args, 2);
  const pixel = <usize>arg(args, 3) << 2;
  const open = openOf(arg(args, 4));
  const small = <usize>arg(args, 7) << 2;
  const stride = <usize>arg(args, 8);
  const before = (pixel - small) >> 1;
  const row = stride * stride * <usize>width * small;
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    const at = <usize>b * <usize>(height * width) * pixel + before;
    let dy = address(args, 5) + at;
    let y = address(args, 6) + at;
    const image = address(args, 9) + <usize>b * row * <usize>height;
    clear(image, row * <usize>height);
    for (let line: usize = 0; line < <usize>height; line++) {
      let to = image + line * row;
      for (let column = 0; column < width; column++) {
        for (let c: usize = 0; c < small; c += 16) {
          v128.store(to + c, passed(v128.load(dy + c), v128.load(y + c), open));
        }
        dy += pixel;
        y += pixel;
        to += stride * small;
      }
    }
  }
}
