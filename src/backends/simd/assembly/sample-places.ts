import { storeLanes } from './common';
import { G_OUT_CHANNELS, G_OUT_WIDTH, G_POOL, G_RELU, G_Y_WIDTH } from './geometry';

/*
 * What all samples of an image read, in the order in which they read it. A window of the pool has four places (without a pool
 * there is one); the values at one place of a line's windows make a row, and vector for vector those of all places lie side by side.
 * So no lane is idle, whatever the number of channels, and addresses are constants.
 */

/** Bytes of a vector of means with the standard deviations behind it, at STD; and of noise. */
const MOMENTS: usize = 32;
export const STD: usize = 16;
const NOISE: usize = 16;

// @ts-ignore: decorator
@inline
function placeCount(g: usize): usize {
  return load<i32>(g, G_POOL) ? 4 : 1;
}

/** Values before the pool that make a line of the output. */
// @ts-ignore: decorator
@inline
export function lineSize(g: usize): i32 {
  const row = load<i32>(g, G_OUT_WIDTH) * load<i32>(g, G_OUT_CHANNELS);
  return load<i32>(g, G_POOL) ? 2 * row : row;
}

/** Bytes of a line of the output. */
// @ts-ignore: decorator
@inline
export function outLineBytes(g: usize): usize {
  return <usize>(load<i32>(g, G_Y_WIDTH) * load<i32>(g, G_OUT_CHANNELS)) << 2;
}

/** Bytes of a line's moments. */
export function lineMomentsBytes(g: usize): usize {
  return ((outLineBytes(g) + 15) >> 4) * placeCount(g) * MOMENTS;
}


/** Puts a line's values before the pool in order, a vector each `vector` bytes. Scratch: a line of the output. */
function arrange(g: usize, from: usize, to: usize, vector: usize, scratch: usize): void {
  const places = placeCount(g);
  const bytes = outLineBytes(g);
  for (let place: usize = 0; place < places; place++) {
    const row = places == 1 ? from : placeRow(g, from, place, scratch);
    let at = to + place * vector;
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(at, v128.load(row + i));
      at += places * vector;
    }
  }
}

/** Means; or standard deviations, where `to` is STD behind. */
export function arrangeMoments(g: usize, from: usize, to: usize, scratch: usize): void {
  arrange(g, from, to, MOMENTS, scratch);
}
export function arrangeNoise(g: usize, from: usize, to: usize, scratch: usize): void {
  arrange(g, from, to, NOISE, scratch);
}

/** The values at one place of a line's windows, and up to three more; returns `to`. */
function placeRow(g: usize, from: usize, place: usize, to: usize): usize {
  const pixel = <usize>load<i32>(g, G_OUT_CHANNELS) << 2;
  from += (place & 1) * pixel + (place >> 1) * pixel * <usize>load<i32>(g, G_OUT_WIDTH);
  // The last four channels overlap those before where their number is no multiple of four; fewer are mended by the next pixel.
  const last: usize = pixel < 16 ? 0 : pixel - 16;
  let at = to;
  for (const end = to + outLineBytes(g); at < end; at += pixel) {
    for (let i: usize = 0; i < last; i += 16) v128.store(at + i, v128.load(from + i));
    v128.store(at + last, v128.load(from + last));
    from += 2 * pixel;
  }
  return to;
}

// @ts-ignore: decorator
@inline
function drawn(mean: v128, std: v128, epsilon: v128): v128 {
  return f32x4.add(mean, f32x4.mul(std, epsilon));
}

/** The maximum of the windows' four places, as `windowMaximum` of sample-pool.ts takes it. */
// @ts-ignore: decorator
@inline
function drawnMaximum(moments: usize, noise: usize): v128 {
  const first = drawn(v128.load(moments), v128.load(moments, 16), v128.load(noise));
  const second = drawn(v128.load(moments, 32), v128.load(moments, 48), v128.load(noise, 16));
  const third = drawn(v128.load(moments, 64), v128.load(moments, 80), v128.load(noise, 32));
  const fourth = drawn(v128.load(moments, 96), v128.load(moments, 112), v128.load(noise, 48));
  return f32x4.pmax(f32x4.pmax(f32x4.pmax(first, second), third), fourth);
}

/** A line of a sample: mean + std epsilon, ReLU and 2x2 max pooling where the geometry asks for them. */
export function samplePlaces(g: usize, moments: usize, noise: usize, y: usize): void {
  const floor = load<i32>(g, G_RELU) ? f32x4.splat(0) : f32x4.splat(-Infinity);
  const bytes = outLineBytes(g);
  const end = y + (bytes & ~15);
  const rest = <i32>(bytes & 15) >> 2;
  if (load<i32>(g, G_POOL)) {
    for (; y < end; y += 16) {
      v128.store(y, f32x4.pmax(drawnMaximum(moments, noise), floor));
      moments += 4 * MOMENTS;
      noise += 4 * NOISE;
    }
    if (rest) storeLanes(y, f32x4.pmax(drawnMaximum(moments, noise), floor), rest);
    return;
  }
  for (; y < end; y += 16) {
    v128.store(y, f32x4.pmax(drawn(v128.load(moments), v128.load(moments, 16), v128.load(noise)), floor));
    moments += MOMENTS;
    noise += NOISE;
  }
  if (rest) storeLanes(y, f32x4.pmax(drawn(v128.load(moments), v128.load(moments, 16), v128.load(noise)), floor), rest);
}
