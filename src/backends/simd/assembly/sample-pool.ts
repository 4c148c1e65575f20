import { storeLanes } from './common';
import { G_OUT_CHANNELS, G_OUT_WIDTH, G_POOL, G_RELU, G_Y_HEIGHT, G_Y_WIDTH, outputSize } from './geometry';
import { CHUNK, drawChunk, DRAWS, startRow } from './noise-row';

/** to = mean + std * epsilon, `size` values and up to three more; `epsilon` may be anywhere in memory. */
// @ts-ignore: decorator
@inline
function perturb(mean: usize, std: usize, epsilon: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const noise = f32x4.mul(v128.load(std + at), v128.load(epsilon + at));
    v128.store(to + at, f32x4.add(v128.load(mean + at), noise));
  }
}

/** A row of [size] draws: epsilon given (0: drawn for this image, step and sample). */
export function drawRow(mean: usize, std: usize, epsilon: usize, to: usize, size: i32, area: usize, image: i32, step: u32, sample: i32): void {
  const bytes = <usize>size << 2;
  if (epsilon) return perturb(mean, std, epsilon, to, bytes);
  startRow(area, image, step, sample);
  for (let at: usize = 0; at < bytes; at += <usize>CHUNK << 6) {
    const left = min<usize>(bytes - at, <usize>CHUNK << 6);
    drawChunk(area, <i32>(at >> 6), <i32>((left + 63) >> 6));
    perturb(mean + at, std + at, area + DRAWS, to + at, left);
  }
}

/** ReLU and 2x2 max pooling of one image where the geometry asks for them: `reluPool` without what a gradient needs. */
export function activateImage(g: usize, conv: usize, y: usize): void {
  const floor = load<i32>(g, G_RELU) ? f32x4.splat(0) : f32x4.splat(-Infinity);
  if (load<i32>(g, G_POOL) == 0) {
    const size = outputSize(g);
    for (let i = 0; i < size; i += 4) {
      const at = <usize>i << 2;
      storeLanes(y + at, f32x4.pmax(v128.load(conv + at), floor), size - i);
    }
    return;
  }
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const column = <usize>channels << 2;
  const row = column * <usize>load<i32>(g, G_OUT_WIDTH);
  const height = load<i32>(g, G_Y_HEIGHT);
  const width = load<i32>(g, G_Y_WIDTH);
  for (let py = 0; py < height; py++) {
    let window = conv + <usize>(2 * py) * row;
    for (let px = 0; px < width; px++) {
      poolWindow(window, column, row, floor, channels, y);
      window += 2 * column;
      y += column;
    }
  }
}

/** The maximum of a window's four places (pmax keeps the first of equals, as the gradient's pool does). */
// @ts-ignore: decorator
@inline
function windowMaximum(at: usize, column: usize, row: usize, floor: v128): v128 {
  const top = f32x4.pmax(v128.load(at), v128.load(at + column));
  const best = f32x4.pmax(f32x4.pmax(top, v128.load(at + row)), v128.load(at + row + column));
  return f32x4.pmax(best, floor);
}

// @ts-ignore: decorator
@inline
function poolWindow(window: usize, column: usize, row: usize, floor: v128, channels: i32, y: usize): void {
  if (channels < 4) {
    storeLanes(y, windowMaximum(window, column, row, floor), channels);
    return;
  }
  const last = column - 16;
  for (let at: usize = 0; at < last; at += 16) v128.store(y + at, windowMaximum(window + at, column, row, floor));
  // The last four channels overlap those before where their number is no multiple of four.
  v128.store(y + last, windowMaximum(window + last, column, row, floor));
}
