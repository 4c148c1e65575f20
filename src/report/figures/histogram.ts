import type { Numbers } from '../../metrics/index.js';

/** Bins of equal width. */
export interface Bins {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Each bin's share of the values; those outside go to the end bins. No values: all 0. */
export function shares(values: Numbers, { low, high, count }: Bins): number[] {
  const counts = new Array<number>(count).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * count);
    counts[Math.min(count - 1, Math.max(0, bin))]++;
  }
  return shareOf(counts);
}

/** Counts as shares of their sum. */
export function shareOf(counts: readonly number[]): number[] {
  const sum = counts.reduce((total, count) => total + count, 0);
  return counts.map((count) => (sum === 0 ? 0 : count / sum));
}

/** Each bin's lower edge. */
export function edges({ low, high, count }: Bins): number[] {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / count);
}

/** The values whose flag is `wanted`. */
export function where(values: Float64Array, flags: Float64Array, wanted: 0 | 1): Float64Array {
  return values.filter((_, i) => flags[i] === wanted);
}
