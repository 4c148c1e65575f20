import { storeLanes } from './common';
import { G_OUT_CHANNELS, G_OUT_WIDTH, G_POOL, G_RELU, G_Y_HEIGHT, G_Y_WIDTH, outputSize } from './geometry';
import { standardDeviation } from './pairs';
import { lineSize, outLineBytes } from './sample-places';

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

/** mean + sqrt(variance) epsilon of a vector. */
// @ts-ignore: decorator
@inline
function drawn(mean: usize, variance: usize, epsilon: usize): v128 {
  const std = standardDeviation(v128.load(variance));
  return f32x4.add(v128.load(mean), f32x4.mul(std, v128.load(epsilon)));
}

/** A line of what `activateImage` makes of mean + sqrt(variance) epsilon; `epsilon` may be anywhere in memory. */
export function sampleLine(g: usize, mean: usize, variance: usize, epsilon: usize, y: usize): void {
  const floor = load<i32>(g, G_RELU) ? f32x4.splat(0) : f32x4.splat(-Infinity);
  if (load<i32>(g, G_POOL) == 0) {
    const size = lineSize(g);
    for (let i = 0; i < size; i += 4) {
      const at = <usize>i << 2;
      storeLanes(y + at, f32x4.pmax(drawn(mean + at, variance + at, epsilon + at), floor), size - i);
    }
    return;
  }
  const column = <usize>load<i32>(g, G_OUT_CHANNELS) << 2;
  const row = column * <usize>load<i32>(g, G_OUT_WIDTH);
  for (const end = y + outLineBytes(g); y < end; y += column) {
    sampleWindow(mean, variance, epsilon, column, row, floor, y);
    mean += 2 * column;
    variance += 2 * column;
    epsilon += 2 * column;
  }
}

// @ts-ignore: decorator
@inline
function sampleWindow(mean: usize, variance: usize, epsilon: usize, column: usize, row: usize, floor: v128, y: usize): void {
  if (column < 16) {
    storeLanes(y, drawnMaximum(mean, variance, epsilon, column, row, floor), <i32>(column >> 2));
    return;
  }
  const last = column - 16;
  for (let at: usize = 0; at < last; at += 16) {
    v128.store(y + at, drawnMaximum(mean + at, variance + at, epsilon + at, column, row, floor));
  }
  v128.store(y + last, drawnMaximum(mean + last, variance + last, epsilon + last, column, row, floor));
}

/** `windowMaximum` of draws. */
// @ts-ignore: decorator
@inline
function drawnMaximum(mean: usize, variance: usize, epsilon: usize, column: usize, row: usize, floor: v128): v128 {
  const first = drawn(mean, variance, epsilon);
  const top = f32x4.pmax(first, drawn(mean + column, variance + column, epsilon + column));
  const third = drawn(mean + row, variance + row, epsilon + row);
  const corner = row + column;
  const best = f32x4.pmax(f32x4.pmax(top, third), drawn(mean + corner, variance + corner, epsilon + corner));
  return f32x4.pmax(best, floor);
}
