/** What is told of repeated measurements. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** Lowest, median (of an even count: the mean of the middle two) and highest. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median, max: sorted[sorted.length - 1] };
}
