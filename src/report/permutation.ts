import { Stream, streamKey } from '../rng.js';
import type { BootstrapOptions } from './bootstrap.js';
import { descending, RiskSum } from './risk-sum.js';
import {
  absoluteSum,
  calibrationGaps,
  type ImageScores,
  meanColumn,
  TESTED,
  type TestedMetric,
} from './scores.js';
import { mean, quantile } from './statistics.js';

/** Outcome of a permutation test; the interval is null for metrics that are no mean over images. */
export interface PermutationResult {
  readonly p: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** The difference b - a of a metric after the images with a flag have changed sides. */
export type Swapped = (flags: Uint8Array) => number;

/** Differences that rounding alone keeps apart count as equal. */
const ROUNDING = 1e-12;

/**
 * Paired permutation test: were both groups alike, then for each image it would be chance which group gave which
 * predictions; so images change sides with probability 1/2, all runs of a group together. p counts the
 * observed arrangement in, (1 + as extreme) / (1 + permutations), and is never 0.
 * For metrics that are means over images the 95 % interval holds every shift of b that the same test, with the
 * same permutations, does not reject.
 * @param a, b runs of one group each, at least one, on the same n images in one order
 */
export function permutationTest(
  a: readonly ImageScores[],
  b: readonly ImageScores[],
  { resamples, seed }: BootstrapOptions,
): Record<TestedMetric, PermutationResult> {
  const key = streamKey(seed, 'compare/permutation');
  const flags = new Uint8Array(a[0].correct.length);
  const tests = TESTED.map((metric) => ({
    metric,
    swapped: swappedMetric(metric, a, b),
    draws: new Float64Array(resamples),
  }));
  const observed = tests.map(({ swapped }) => swapped(flags));
  /** Mean of the signs, -1 for an image that changed sides. */
  const signs = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    drawFlags(new Stream(key, r), flags);
    signs[r] = 1 - 2 * mean(flags);
    for (const { swapped, draws } of tests) draws[r] = swapped(flags);
  }
  const results = tests.map(({ metric, draws }, i) => {
    const isMean = meanColumn(metric, a[0]) !== undefined;
    const interval = isMean ? invert(observed[i], draws, signs) : { low: null, high: null };
    return [metric, { p: pValue(observed[i], draws), ...interval }];
  });
  return Object.fromEntries(results);
}

function drawFlags(stream: Stream, flags: Uint8Array): void {
  for (let i = 0; i < flags.length; i += 32) {
    let word = stream.word();
    for (let bit = i; bit < Math.min(flags.length, i + 32); bit++) {
      flags[bit] = word & 1;
      word >>>= 1;
    }
  }
}

function pValue(observed: number, draws: Float64Array): number {
  let extreme = 0;
  for (const draw of draws) if (Math.abs(draw) >= Math.abs(observed) - ROUNDING) extreme++;
  return (1 + extreme) / (1 + draws.length);
}

/**
 * With u the mean of signed differences and v the mean of the signs, a shift d is as extreme as a permutation
 * when |observed - d| <= |u - d v|: for d between (observed + u) / (1 + v) and (observed - u) / (1 - v). The test rejects d above (below)
 * the observed when at most 5 % of these ranges reach it.
 */
function invert(observed: number, draws: Float64Array, signs: Float64Array): { low: number; high: number } {
  const lows = new Float64Array(draws.length);
  const highs = new Float64Array(draws.length);
  draws.forEach((u, r) => {
    const v = signs[r];
    // All images on one side: no shift is more extreme than its own mirror image.
    const ends = [
      1 + v === 0 ? -Infinity : (observed + u) / (1 + v),
      1 - v === 0 ? Infinity : (observed - u) / (1 - v),
    ];
    lows[r] = Math.min(...ends);
    highs[r] = Math.max(...ends);
  });
  return { low: finiteQuantile(lows.sort(), 0.05), high: finiteQuantile(highs.sort(), 0.95) };
}

/** A quantile of values that may end in infinities, which interpolation would turn into NaN. */
function finiteQuantile(sorted: Float64Array, q: number): number {
  const value = quantile(sorted, q);
  return Number.isNaN(value) ? sorted[Math.round(q * (sorted.length - 1))] : value;
}

/** How the difference of a metric is computed after a swap. */
export function swappedMetric(
  metric: TestedMetric,
  a: readonly ImageScores[],
  b: readonly ImageScores[],
): Swapped {
  if (meanColumn(metric, a[0])) return swappedMean(metric, a, b);
  const pairs = pairUp(a, b).map(([one, other]) => (metric === 'ece' ? swappedEce : swappedAurc)(one, other));
  return (flags) => mean(pairs.map((pair) => pair(flags)));
}

/** Every run in as many pairs as any other of its group. */
export function pairUp<T>(a: readonly T[], b: readonly T[]): [T, T][] {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y));
  const count = (a.length * b.length) / divisor(a.length, b.length);
  return Array.from({ length: count }, (_, i) => [a[i % a.length], b[i % b.length]]);
}

function swappedMean(metric: TestedMetric, a: readonly ImageScores[], b: readonly ImageScores[]): Swapped {
  const n = a[0].correct.length;
  const difference = new Float64Array(n);
  const add = (runs: readonly ImageScores[], sign: number) => {
    for (const scores of runs) {
      const column = meanColumn(metric, scores) as Float64Array;
      for (let i = 0; i < n; i++) difference[i] += (sign * column[i]) / runs.length;
    }
  };
  add(b, 1);
  add(a, -1);
  return (flags) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += flags[i] === 1 ? -difference[i] : difference[i];
    return sum / n;
  };
}

function swappedEce(a: ImageScores, b: ImageScores): Swapped {
  const [ofA, ofB] = [calibrationGaps(a), calibrationGaps(b)];
  const sums = [new Float64Array(256), new Float64Array(256)];
  const n = a.correct.length;
  return (flags) => {
    for (const side of sums) side.fill(0);
    for (let i = 0; i < n; i++) {
      sums[flags[i]][ofA.bins[i]] += ofA.gaps[i];
      sums[1 - flags[i]][ofB.bins[i]] += ofB.gaps[i];
    }
    return (absoluteSum(sums[1]) - absoluteSum(sums[0])) / n;
  };
}

function swappedAurc(a: ImageScores, b: ImageScores): Swapped {
  const n = a.correct.length;
  const confidences = new Float64Array(2 * n);
  confidences.set(a.confidences);
  confidences.set(b.confidences, n);
  const { order, ends } = descending(confidences);
  return (flags) => {
    const risks = [new RiskSum(), new RiskSum()];
    let at = 0;
    for (const end of ends) {
      const size = [0, 0];
      const errors = [0, 0];
      for (; at < end; at++) {
        const fromB = order[at] >= n ? 1 : 0;
        const image = order[at] - fromB * n;
        const side = fromB ^ flags[image];
        size[side]++;
        errors[side] += 1 - (fromB === 1 ? b : a).correct[image];
      }
      risks[0].add(size[0], errors[0]);
      risks[1].add(size[1], errors[1]);
    }
    return risks[1].area() - risks[0].area();
  };
}
