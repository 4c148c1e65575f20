import { IMAGE_BYTES, IMAGE_SHAPE } from '../dataset.js';

export const SIDE = IMAGE_SHAPE.width;
export const PLANE = SIDE * SIDE;

/** An image as numbers: three planes of 32 x 32, row-major, 0 to 1. */
export type Planes = Float64Array;

export const clip = (value: number): number => Math.min(1, Math.max(0, value));

/** A new image by its pixels' value at (channel's plane, y, x). */
export function planesOf(value: (plane: number, y: number, x: number) => number): Planes {
  const out = new Float64Array(IMAGE_BYTES);
  for (let plane = 0, i = 0; plane < IMAGE_BYTES; plane += PLANE)
    for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) out[i++] = value(plane, y, x);
  return out;
}

/** Bytes of values 0 to 1: clipped, then cut off as numpy's `uint8` does. */
export function toBytes(planes: Planes): Uint8Array {
  // Values that are whole bytes in exact arithmetic must not fall below them by rounding.
  return Uint8Array.from(planes, (value) => Math.floor(clip(value) * 255 + 1e-9));
}
