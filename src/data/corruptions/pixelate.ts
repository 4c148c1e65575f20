import { BOX, type Taps, tapsOf, weighted } from '../pictures/taps.js';
import { PLANE, type Planes, SIDE } from './planes.js';

/** Shrunk to floor(32 share) pixels a side and enlarged again, by box filters; rounded to bytes after each pass. */
export function pixelate(x: Planes, share: number): Planes {
  const size = Math.floor(SIDE * share);
  const [down, up] = [tapsOf(SIDE, size, BOX), tapsOf(size, SIDE, BOX)];
  const out = new Float64Array(x.length);
  for (let plane = 0; plane < x.length; plane += PLANE) {
    const bytes = x.subarray(plane, plane + PLANE).map((value) => value * 255);
    out.set(resized(resized(bytes, SIDE, down), size, up), plane);
  }
  return out.map((value) => value / 255);
}

/** @param from side of the square plane `values` */
function resized(values: Float64Array, from: number, taps: readonly Taps[]): Float64Array {
  const to = taps.length;
  const rows = new Float64Array(from * to);
  for (let i = 0; i < rows.length; i++)
    rows[i] = Math.round(weighted(values, Math.floor(i / to) * from, 1, taps[i % to]));
  return Float64Array.from({ length: to * to }, (_, i) =>
    Math.round(weighted(rows, i % to, to, taps[Math.floor(i / to)])),
  );
}
