import { describe, expect, it } from 'vitest';
import { bootstrap, weightedMetric } from '../../../src/report/bootstrap.js';
import { pairUp, permutationTest, swappedMetric } from '../../../src/report/permutation.js';
import { type ImageScores, runMetrics, TESTED, type TestedMetric } from '../../../src/report/scores.js';
import { Stream, streamKey } from '../../../src/rng.js';
import { blend, madeUpScores, pick } from './made-up.js';

/** Confidences in steps, so that there are ties. */
function coarse(scores: ImageScores): ImageScores {
  return { ...scores, confidences: scores.confidences.map((value) => Math.round(value * 20) / 20) };
}

const one = coarse(madeUpScores('one', 120, { skill: 1 }, { noise: 1 }));
const other = coarse(madeUpScores('other', 120, { skill: 1.5, sharpness: 2 }, { noise: 2 }));

function observed(a: readonly ImageScores[], b: readonly ImageScores[]): Record<TestedMetric, number> {
  const average = (runs: readonly ImageScores[], metric: TestedMetric) =>
    runs.reduce((sum, run) => sum + runMetrics(run)[metric], 0) / runs.length;
  return Object.fromEntries(
    TESTED.map((metric) => [metric, average(b, metric) - average(a, metric)]),
  ) as Record<TestedMetric, number>;
}

describe.each(TESTED)('%s', (metric) => {
  it('on a resample is the metric of the images, repeated', () => {
    const stream = new Stream(streamKey(3, 'test'));
    const draw = weightedMetric(metric, one);
    for (let round = 0; round < 5; round++) {
      const at = Array.from({ length: 120 }, () => stream.below(120));
      const weights = new Uint16Array(120);
      for (const i of at) weights[i]++;
      expect(draw(weights)).toBeCloseTo(runMetrics(pick(one, at))[metric], 12);
    }
  });

  it('after a swap is the difference of the runs that traded images', () => {
    const stream = new Stream(streamKey(4, 'test'));
    const swapped = swappedMetric(metric, [one], [other]);
    for (let round = 0; round < 5; round++) {
      const flags = Uint8Array.from({ length: 120 }, () => (round === 0 ? 0 : stream.below(2)));
      const want =
        runMetrics(blend(other, one, flags))[metric] - runMetrics(blend(one, other, flags))[metric];
      expect(swapped(flags)).toBeCloseTo(want, 12);
    }
  });
});

describe('the bootstrap', () => {
  it('has the standard error of the mean of paired differences', () => {
    const options = { resamples: 4000, seed: 1 };
    const { nll } = bootstrap([one], [other], observed([one], [other]), options);
    const differences = other.nll.map((value, i) => value - one.nll[i]);
    const centre = differences.reduce((sum, value) => sum + value, 0) / 120;
    const variance = differences.reduce((sum, value) => sum + (value - centre) ** 2, 0) / 120;
    const reach = 1.96 * Math.sqrt(variance / 120);
    expect((nll.low + nll.high) / 2).toBeCloseTo(centre, 12);
    // 4,000 resamples know a standard deviation to about 1 %.
    expect((nll.high - nll.low) / 2 / reach).toBeCloseTo(1, 1);
  });

  it('depends on the seed and on nothing else', () => {
    const draw = (seed: number) =>
      bootstrap([one], [other], observed([one], [other]), { resamples: 50, seed });
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

describe('the permutation test', () => {
  /** Every way of swapping n images. */
  const everySwap = (n: number) =>
    Array.from({ length: 2 ** n }, (_, mask) => Uint8Array.from({ length: n }, (_, i) => (mask >> i) & 1));

  it('estimates the share of all swaps that are as extreme', () => {
    const few = Array.from({ length: 10 }, (_, i) => i);
    const [a, b] = [pick(one, few), pick(other, few)];
    const results = permutationTest([a], [b], { resamples: 8000, seed: 2 });
    for (const metric of TESTED) {
      const swapped = swappedMetric(metric, [a], [b]);
      const limit = Math.abs(observed([a], [b])[metric]) - 1e-12;
      const all = everySwap(10).map((flags) => Math.abs(swapped(flags)));
      const share = all.filter((value) => value >= limit).length / all.length;
      expect(Math.abs(results[metric].p - share), metric).toBeLessThan(0.02);
    }
  });

  it('rejects what its interval excludes, and only that', () => {
    const options = { resamples: 1999, seed: 3 };
    const { nll } = permutationTest([one], [other], options);
    const [low, high] = [nll.low as number, nll.high as number];
    const pOf = (shift: number) => {
      const shifted = { ...other, nll: other.nll.map((value) => value - shift) };
      return permutationTest([one], [shifted], options).nll.p;
    };
    const width = high - low;
    expect(pOf(low - 0.02 * width)).toBeLessThan(0.05);
    expect(pOf(low + 0.02 * width)).toBeGreaterThan(0.05);
    expect(pOf(high - 0.02 * width)).toBeGreaterThan(0.05);
    expect(pOf(high + 0.02 * width)).toBeLessThan(0.05);
  });

  it('finds nothing between a run and itself', () => {
    const results = permutationTest([one], [one], { resamples: 200, seed: 4 });
    for (const metric of TESTED) expect(results[metric].p, metric).toBe(1);
    expect(results.nll).toEqual({ p: 1, low: 0, high: 0 });
  });

  it('does not claim more precision than its number of permutations', () => {
    const far = madeUpScores('far', 120, { skill: 6 }, { noise: 2 });
    expect(permutationTest([one], [far], { resamples: 99, seed: 5 }).nll.p).toBe(0.01);
  });

  it('rejects about 5 % of pairs that differ by chance alone', () => {
    const options = { resamples: 99, seed: 6 };
    const counts = { accuracy: 0, nll: 0, brier: 0, ece: 0, aurc: 0 };
    const rounds = 200;
    for (let round = 0; round < rounds; round++) {
      const [a, b] = [1, 2].map((run) =>
        madeUpScores('x', 60, { skill: 1 }, { images: round, noise: 1000 * run + round }),
      );
      const results = permutationTest([a], [b], options);
      for (const metric of TESTED) if (results[metric].p <= 0.05) counts[metric]++;
    }
    // Binomial(200, 0.05): mean 10, standard deviation 3.1.
    for (const metric of TESTED) expect(counts[metric], metric).toBeLessThanOrEqual(21);
    expect(counts.nll).toBeGreaterThanOrEqual(2);
  });
});

describe('pairs of runs', () => {
  it('use every run of a group equally often', () => {
    expect(pairUp([1, 2, 3], [4, 5, 6])).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    const pairs = pairUp([1, 2], [3, 4, 5]);
    expect(pairs).toHaveLength(6);
    expect(new Set(pairs.map(String)).size).toBe(6);
  });
});
