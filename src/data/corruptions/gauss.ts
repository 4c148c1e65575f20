import type { Edge } from './edges.js';
import { PLANE, type Planes, planesOf, SIDE } from './planes.js';

/** Values divided by their sum. */
export function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** @returns [2 radius + 1] weights of a Gaussian, which sum to 1 */
export function gauss(sigma: number, radius: number): number[] {
  return normalised(
    Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2))),
  );
}

/** Planes under a Gaussian that is cut off at `cut` sigma. */
export function smoothed(x: Planes, sigma: number, cut: number, edge: Edge): Planes {
  const radius = Math.floor(cut * sigma + 0.5);
  if (radius === 0) return x.slice();
  const taps = gauss(sigma, radius);
  const along = (centre: number, at: (i: number) => number): number => {
    let total = 0;
    for (let i = 0; i < taps.length; i++) total += taps[i] * at(edge(centre + i - radius));
    return total;
  };
  const count = x.length / PLANE;
  const columns = planesOf((plane, y, c) => along(y, (i) => x[plane + i * SIDE + c]), count);
  return planesOf((plane, y, c) => along(c, (i) => columns[plane + y * SIDE + i]), count);
}
