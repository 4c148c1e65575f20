import { studentQuantile, studentTwoSided } from './student-t.js';

/** An estimate with a 95 % interval and the p-value of "no difference". */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly p: number;
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Sample standard deviation (n - 1); null for fewer than two values. */
export function standardDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/**
 * Welch's t-test of mean(b) - mean(a), two-sided, with its 95 % interval; null when a side has fewer than two
 * values. It asks whether training again, with other seeds, would show the same difference.
 */
export function welch(a: readonly number[], b: readonly number[]): Interval | null {
  const [sdA, sdB] = [standardDeviation(a), standardDeviation(b)];
  if (sdA === null || sdB === null) return null;
  const difference = mean(b) - mean(a);
  const [va, vb] = [sdA ** 2 / a.length, sdB ** 2 / b.length];
  const error = Math.sqrt(va + vb);
  if (error === 0) return { low: difference, high: difference, p: difference === 0 ? 1 : 0 };
  // Welch-Satterthwaite.
  const df = (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1));
  const reach = studentQuantile(0.05, df) * error;
  return {
    low: difference - reach,
    high: difference + reach,
    p: studentTwoSided(difference / error, df),
  };
}

/** The q-quantile of sorted values, linearly interpolated (type 7 of Hyndman & Fan 1996, numpy's default). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Holm's (1979) step-down adjustment: p-values that hold for all tests together. null stays null and does not
 * count as a test.
 */
export function holm(ps: readonly (number | null)[]): (number | null)[] {
  const tests = ps.flatMap((p, i) => (p === null ? [] : [{ p, i }])).sort((x, y) => x.p - y.p);
  const adjusted: (number | null)[] = ps.map(() => null);
  let highest = 0;
  tests.forEach(({ p, i }, rank) => {
    highest = Math.max(highest, Math.min(1, p * (tests.length - rank)));
    adjusted[i] = highest;
  });
  return adjusted;
}

/** McNemar's test of two classifiers on the same images. */
export interface McNemar {
  /** Images that only the first, and only the second, gets right. */
  readonly onlyA: number;
  readonly onlyB: number;
  /** Exact two-sided p: twice the tail of Binomial(onlyA + onlyB, 1/2). */
  readonly p: number;
}

/** @param a, b [n] 1 where the prediction is right, else 0 */
export function mcnemar(a: ArrayLike<number>, b: ArrayLike<number>): McNemar {
  let [onlyA, onlyB] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (a[i] > b[i]) onlyA++;
    if (b[i] > a[i]) onlyB++;
  }
  return { onlyA, onlyB, p: Math.min(1, 2 * lowerTail(Math.min(onlyA, onlyB), onlyA + onlyB)) };
}

/** P(X <= k) of Binomial(n, 1/2), summed from its largest term down so that nothing underflows early. */
function lowerTail(k: number, n: number): number {
  let logTerm = -n * Math.LN2;
  for (let i = 1; i <= k; i++) logTerm += Math.log((n - i + 1) / i);
  let sum = 0;
  let ratio = 1;
  for (let i = k; i >= 0 && ratio > 0; i--) {
    sum += ratio;
    ratio *= i / (n - i + 1);
  }
  return Math.exp(logTerm + Math.log(sum));
}
