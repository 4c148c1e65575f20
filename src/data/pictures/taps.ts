/** Source pixels of one output pixel and their weights, which sum to 1. */
export interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** A resampling filter and how far it reaches, in units of the coarser grid. */
export interface Filter {
  readonly radius: number;
  weight(distance: number): number;
}

export const TRIANGLE: Filter = { radius: 1, weight: (d) => Math.max(0, 1 - Math.abs(d)) };
export const BOX: Filter = { radius: 0.5, weight: (d) => (d > -0.5 && d <= 0.5 ? 1 : 0) };

/** The taps of each of `to` pixels over `from` pixels, as Pillow's `resize` places them. */
export function tapsOf(from: number, to: number, filter: Filter): Taps[] {
  return Array.from({ length: to }, (_, i) => tapsAt(i, from, from / to, filter));
}

function tapsAt(output: number, from: number, scale: number, { radius, weight }: Filter): Taps {
  const stretch = Math.max(scale, 1);
  const centre = (output + 0.5) * scale;
  const first = Math.max(0, Math.floor(centre - radius * stretch + 0.5));
  const end = Math.min(from, Math.floor(centre + radius * stretch + 0.5));
  const weights = Float64Array.from({ length: end - first }, (_, i) =>
    weight((first + i + 0.5 - centre) / stretch),
  );
  const sum = weights.reduce((total, value) => total + value, 0);
  return { first, weights: weights.map((value) => value / sum) };
}

/** The weighted sum of values that lie `stride` apart from `start` on. */
export function weighted(
  values: ArrayLike<number>,
  start: number,
  stride: number,
  { first, weights }: Taps,
): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * values[start + (first + i) * stride];
  return sum;
}
