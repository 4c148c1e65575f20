import { clear, copy } from './common';

/**
 * Geometry of a convolution, written once by `geometry.ts` of the TypeScript side. All in bytes but the counts.
 * A patch of the padded image is `OUTER` x `INNER` runs of `LENGTH` bytes that lie side by side in memory:
 * one run a kernel row where the dilation is 1, one run a tap otherwise.
 */
export const G_OUT_HEIGHT: usize = 0;
export const G_OUT_WIDTH: usize = 4;
/** From one output column, and row, to the next, in the padded image. */
export const G_STEP: usize = 8;
export const G_ROW_STEP: usize = 12;
export const G_OUTER: usize = 16;
export const G_OUTER_STEP: usize = 20;
export const G_INNER: usize = 24;
export const G_INNER_STEP: usize = 28;
export const G_LENGTH: usize = 32;
export const G_HEIGHT: usize = 36;
export const G_WIDTH: usize = 40;
export const G_CHANNELS: usize = 44;
export const G_PADDING: usize = 48;
export const G_RELU: usize = 52;
export const G_POOL: usize = 56;
export const G_OUT_CHANNELS: usize = 60;
export const G_Y_HEIGHT: usize = 64;
export const G_Y_WIDTH: usize = 68;
/**
 * 0: direct; else by Winograd: 1 with the vector over tiles of four outputs, 2 and 3 with the vector over output channels,
 * in tiles of two and of five.
 */
export const G_WINOGRAD: usize = 72;

/** Bytes of one padded image. */
export function paddedImageBytes(g: usize): usize {
  const padding = load<i32>(g, G_PADDING);
  const height = load<i32>(g, G_HEIGHT) + 2 * padding;
  const width = load<i32>(g, G_WIDTH) + 2 * padding;
  return (<usize>(height * width * load<i32>(g, G_CHANNELS))) << 2;
}

/** Bytes of one image without padding. */
export function imageBytes(g: usize): usize {
  return (<usize>(load<i32>(g, G_HEIGHT) * load<i32>(g, G_WIDTH) * load<i32>(g, G_CHANNELS))) << 2;
}

/** Elements of one image of the op's output (after the pool). */
export function outputSize(g: usize): i32 {
  return load<i32>(g, G_Y_HEIGHT) * load<i32>(g, G_Y_WIDTH) * load<i32>(g, G_OUT_CHANNELS);
}

/** Elements of one image of the convolution's output (before the pool). */
export function convSize(g: usize): i32 {
  return load<i32>(g, G_OUT_HEIGHT) * load<i32>(g, G_OUT_WIDTH) * load<i32>(g, G_OUT_CHANNELS);
}

/** Runs of a patch, and bytes of one run padded to whole vectors. */
export function runCount(g: usize): i32 {
  return load<i32>(g, G_OUTER) * load<i32>(g, G_INNER);
}
export function runBytes(g: usize): usize {
  return (<usize>load<i32>(g, G_LENGTH) + 15) & ~15;
}

/** The address of run `r` inside a patch, relative to the patch. */
// @ts-ignore: decorator
@inline
export function runOffset(g: usize, r: i32): usize {
  const inner = load<i32>(g, G_INNER);
  return <usize>((r / inner) * load<i32>(g, G_OUTER_STEP) + (r % inner) * load<i32>(g, G_INNER_STEP));
}

/**
 * Makes the zero-padded image that the kernels read, optionally squared and clamped from below
 * (before padding, so that padded cells stay zero). Returns `image` itself where nothing changes.
 */
export function preparePadded(g: usize, image: usize, to: usize, square: bool, clamp: f32): usize {
  const padding = load<i32>(g, G_PADDING);
  if (!square && padding == 0) return image;
  const height = load<i32>(g, G_HEIGHT);
  const rowBytes = (<usize>(load<i32>(g, G_WIDTH) * load<i32>(g, G_CHANNELS))) << 2;
  const side = (<usize>(padding * load<i32>(g, G_CHANNELS))) << 2;
  const paddedRow = rowBytes + 2 * side;
  if (padding > 0) clear(to, paddedImageBytes(g));
  let from = image;
  let row = to + paddedRow * <usize>padding + side;
  for (let y = 0; y < height; y++) {
    if (square) squareRow(from, row, rowBytes, clamp);
    else copy(row, from, rowBytes);
    from += rowBytes;
    row += paddedRow;
  }
  return to;
}

function squareRow(from: usize, to: usize, bytes: usize, clamp: f32): void {
  const floor = f32x4.splat(clamp);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const x = v128.load(from + i);
    v128.store(to + i, f32x4.pmax(f32x4.mul(x, x), floor));
  }
  for (; i < bytes; i += 4) {
    const x = load<f32>(from + i);
    store<f32>(to + i, max<f32>(x * x, clamp));
  }
}
