import { describe, expect, it } from 'vitest';
import { chanceBand, isAtChance, isCollapsed, SNR_BINS, signalToNoise } from '../../../src/metrics/index.js';
import { Stream, streamKey } from '../../../src/rng.js';

/** The rho of a sigma. */
const rho = (sigma: number) => Math.log(Math.expm1(sigma));
const tensor = (mu: number[], sigma: number[]) => ({
  mu: Float32Array.from(mu),
  rho: Float32Array.from(sigma, rho),
});

describe('signalToNoise', () => {
  it('counts every weight of every tensor, with sigma = softplus(rho)', () => {
    const { weights, mean_sigma, median_snr, p95_snr } = signalToNoise([
      tensor([0.1, -0.2, 0.3], [0.1, 0.1, 0.1]),
      tensor([-2, 0], [0.5, 0.7]),
    ]);
    expect(weights).toBe(5);
    expect(mean_sigma).toBeCloseTo(1.5 / 5, 6);
    // |mu| / sigma: 1, 2, 3, 4, 0.
    expect(median_snr).toBeCloseTo(2, 5);
    expect(p95_snr).toBeCloseTo(4, 5);
  });

  it('takes sigma = rho where softplus is the identity', () => {
    const { mean_sigma, median_snr } = signalToNoise([{ mu: Float32Array.of(80), rho: Float32Array.of(40) }]);
    expect([mean_sigma, median_snr]).toEqual([40, 2]);
  });

  it('puts each log10 ratio into its bin, and what lies beyond into the end bins', () => {
    const { low, high, count } = SNR_BINS;
    const width = (high - low) / count;
    for (const place of [0, 1, 7, count - 1]) {
      const centre = 10 ** (low + (place + 0.5) * width);
      const { snr_histogram } = signalToNoise([tensor([centre * 0.01], [0.01])]);
      expect(snr_histogram).toEqual(Array.from({ length: count }, (_, i) => Number(i === place)));
    }
    const beyond = signalToNoise([tensor([0, 1e-9, 1e6, -1e6, 1e6], [1, 1, 1, 1, 1])]).snr_histogram;
    expect([beyond[0], beyond[count - 1]]).toEqual([2, 3]);
  });

  it('stays finite without any noise', () => {
    const { p95_snr, snr_histogram } = signalToNoise([
      { mu: Float32Array.of(1), rho: Float32Array.of(-1e4) },
    ]);
    expect(p95_snr).toBe(Number.MAX_VALUE);
    expect(snr_histogram.at(-1)).toBe(1);
  });

  it('agrees with the quantiles of |N(0, 1)|', () => {
    const stream = new Stream(streamKey(1, 'weights'));
    const mu = Float32Array.from({ length: 100_000 }, () => 0.2 * stream.normal());
    const { median_snr, p95_snr } = signalToNoise([{ mu, rho: new Float32Array(mu.length).fill(rho(0.2)) }]);
    // The normal distribution's 0.75 and 0.975 quantiles.
    expect(Math.abs(median_snr - 0.67449)).toBeLessThan(0.01);
    expect(Math.abs(p95_snr - 1.95996)).toBeLessThan(0.02);
  });

  it('refuses no weights, and mu without rho', () => {
    expect(() => signalToNoise([])).toThrow(/at least one, got 0 mu/);
    expect(() => signalToNoise([{ mu: Float32Array.of(1, 2), rho: Float32Array.of(1) }])).toThrow(
      /as many rho/,
    );
  });
});

describe('isCollapsed', () => {
  it('needs both a KL of nothing and weights that noise drowns', () => {
    expect(isCollapsed({ kl: 0.9, weights: 1000, p95_snr: 0.09 })).toBe(true);
    expect(isCollapsed({ kl: 1.1, weights: 1000, p95_snr: 0.09 })).toBe(false);
    expect(isCollapsed({ kl: 0.9, weights: 1000, p95_snr: 0.11 })).toBe(false);
  });
});

describe('chance', () => {
  it('is three binomial standard deviations around 1 / classes', () => {
    // sqrt(0.1 * 0.9 / 10,000) = 0.003.
    expect(chanceBand(10_000, 10)).toBeCloseTo(0.009, 12);
    expect(isAtChance(0.1, 10_000, 10)).toBe(true);
    expect(isAtChance(0.1089, 10_000, 10)).toBe(true);
    expect(isAtChance(0.1091, 10_000, 10)).toBe(false);
    expect(isAtChance(0.0909, 10_000, 10)).toBe(false);
    expect(isAtChance(0.1091, 1000, 10)).toBe(true);
  });

  it('refuses per cent', () => {
    expect(() => isAtChance(54, 100, 10)).toThrow(/accuracy must be in \[0, 1\], got 54/);
  });
});
