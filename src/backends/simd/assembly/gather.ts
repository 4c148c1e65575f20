import { address, arg, argF, clear, shareStart } from './common';

/** Four bytes as floats, times `scale`, plus `shift`. */
// @ts-ignore: decorator
@inline
function pixels(from: usize, scale: v128, shift: v128): v128 {
  const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from)));
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(wide), scale), shift);
}

/** `count` pixels (a multiple of 4) of three byte planes, `plane` bytes apart, as NHWC floats. */
// @ts-ignore: decorator
@inline
function interleave(
  from: usize, plane: usize, count: usize, to: usize,
  r1: v128, g1: v128, b1: v128, r0: v128, g0: v128, b0: v128,
): void {
  for (let p: usize = 0; p < count; p += 4) {
    const r = pixels(from + p, r1, r0);
    const g = pixels(from + p + plane, g1, g0);
    const b = pixels(from + p + 2 * plane, b1, b0);
    const rg = i32x4.shuffle(r, g, 0, 4, 1, 5);
    const rgHigh = i32x4.shuffle(r, g, 2, 6, 3, 7);
    v128.store(to, i32x4.shuffle(rg, i32x4.shuffle(b, r, 0, 5, 0, 5), 0, 1, 4, 5));
    v128.store(to, i32x4.shuffle(i32x4.shuffle(g, b, 1, 5, 1, 5), rgHigh, 0, 1, 4, 5), 16);
    v128.store(to, i32x4.shuffle(i32x4.shuffle(b, r, 2, 7, 2, 7), i32x4.shuffle(g, b, 3, 7, 3, 7), 0, 1, 4, 5), 32);
    to += 48;
  }
}

/**
 * Op.GatherImages: images, indices, bytes (planar RGB, 3,072 an image), x, scale[3], shift[3].
 * x[b] = the indexed image in NHWC, value * scale + shift for each channel.
 */
export function gatherImages(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const r1 = f32x4.splat(argF(args, 4));
  const g1 = f32x4.splat(argF(args, 5));
  const b1 = f32x4.splat(argF(args, 6));
  const r0 = f32x4.splat(argF(args, 7));
  const g0 = f32x4.splat(argF(args, 8));
  const b0 = f32x4.splat(argF(args, 9));
  const last = shareStart(images, tid + 1, threads);
  for (let image = shareStart(images, tid, threads); image < last; image++) {
    const index = load<i32>(address(args, 1) + (<usize>image << 2));
    const from = address(args, 2) + <usize>index * 3072;
    interleave(from, 1024, 1024, address(args, 3) + <usize>image * 12288, r1, g1, b1, r0, g0, b0);
  }
}

/** Scratch of the augmenting gather: three rows with 32 black pixels on either side, then the three rows to store. */
const PADDED: usize = 96;
const LINE: usize = 3 * PADDED;

/** The bytes of `v` from last to first. */
// @ts-ignore: decorator
@inline
function mirrored(v: v128): v128 {
  return i8x16.shuffle(v, v, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

/**
 * Op.GatherAugmented: the arguments of Op.GatherImages, then transforms (int32 [3 images]: down, right, flip).
 * Each image is seen through a window moved by (down, right) pixels, black (byte 0) outside of it, and mirrored
 * left to right where flip is not 0. Neither move may exceed 32 pixels.
 */
export function gatherAugmented(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const r1 = f32x4.splat(argF(args, 4));
  const g1 = f32x4.splat(argF(args, 5));
  const b1 = f32x4.splat(argF(args, 6));
  const r0 = f32x4.splat(argF(args, 7));
  const g0 = f32x4.splat(argF(args, 8));
  const b0 = f32x4.splat(argF(args, 9));
  clear(scratch, LINE);
  const last = shareStart(images, tid + 1, threads);
  for (let image = shareStart(images, tid, threads); image < last; image++) {
    const index = load<i32>(address(args, 1) + (<usize>image << 2));
    const from = address(args, 2) + <usize>index * 3072;
    const transform = address(args, 10) + <usize>image * 12;
    const down = load<i32>(transform);
    const right = load<i32>(transform, 4);
    const flip = load<i32>(transform, 8) != 0;
    let to = address(args, 3) + <usize>image * 12288;
    for (let y = down; y < down + 32; y++) {
      windowRow(scratch, from, y, right, flip);
      interleave(scratch + LINE, 32, 32, to, r1, g1, b1, r0, g0, b0);
      to += 384;
    }
  }
}

/** Row `y` of an image's three planes, moved and mirrored, into the line behind `scratch`'s padded rows. */
function windowRow(scratch: usize, from: usize, y: i32, right: i32, flip: bool): void {
  for (let channel: usize = 0; channel < 3; channel++) {
    const padded = scratch + channel * PADDED + 32;
    const line = scratch + LINE + (channel << 5);
    if (<u32>y >= 32) {
      v128.store(line, i64x2.splat(0));
      v128.store(line, i64x2.splat(0), 16);
      continue;
    }
    const row = from + (channel << 10) + (<usize>y << 5);
    v128.store(padded, v128.load(row));
    v128.store(padded, v128.load(row, 16), 16);
    const left = v128.load(padded + right);
    const rest = v128.load(padded + right, 16);
    v128.store(line, flip ? mirrored(rest) : left);
    v128.store(line, flip ? mirrored(left) : rest, 16);
  }
}

/** Op.GatherLabels: images, indices, bytes, labels. */
export function gatherLabels(args: usize, tid: i32, threads: i32, scratch: usize): void {
  if (tid != threads - 1) return;
  const images = arg(args, 0);
  for (let i = 0; i < images; i++) {
    const at = <usize>i << 2;
    store<i32>(address(args, 3) + at, load<u8>(address(args, 2) + <usize>load<i32>(address(args, 1) + at)));
  }
}
