import { IMAGE_SHAPE } from '../dataset.js';

export const SIDE = IMAGE_SHAPE.width;
export const PLANE = SIDE * SIDE;

/** An image as numbers: three planes of 32 x 32, row-major, 0 to 1; a layer over it is one such plane. */
export type Planes = Float64Array;

export const clip = (value: number): number => Math.min(1, Math.max(0, value));

/** New planes by their values at (where the plane begins, y, x). @param count 3: an image; 1: a layer */
export function planesOf(
  value: (plane: number, y: number, x: number) => number,
  count: number = IMAGE_SHAPE.channels,
): Planes {
  const out = new Float64Array(count * PLANE);
  for (let plane = 0, i = 0; plane < out.length; plane += PLANE)
    for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) out[i++] = value(plane, y, x);
  return out;
}

/** The byte of a value of 0 to 1: clipped, then cut off as numpy's `uint8` does. */
export function wholeByte(value: number): number {
  // What is a whole byte in exact arithmetic must not fall below it by rounding.
  return Math.floor(clip(value) * 255 + 1e-9);
}

/** Bytes of values 0 to 1. */
export const toBytes = (planes: Planes): Uint8Array => Uint8Array.from(planes, wholeByte);
