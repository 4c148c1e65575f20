import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EpochSums } from '../../src/train/epoch-sums.js';
import { blundellShare, type KlOptions, klWeightAt } from '../../src/train/kl-weight.js';

const weight = fc.double({ min: 1e-3, max: 10, noNaN: true });
const options: fc.Arbitrary<KlOptions> = fc.oneof(
  fc.record({ kind: fc.constant('constant' as const), weight }),
  fc.record({ kind: fc.constant('graves' as const), weight }),
  fc.record({ kind: fc.constant('blundell' as const), weight }),
  fc.record({
    kind: fc.constant('linear' as const),
    weight,
    warmup: fc.double({ min: 0.01, max: 5, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('cyclical' as const),
    weight,
    cycles: fc.integer({ min: 1, max: 5 }),
    ramp: fc.double({ min: 0.05, max: 1, noNaN: true }),
  }),
  fc.record({ kind: fc.constant('tempered' as const), temperature: weight }),
);
const length = fc
  .record({ epochs: fc.integer({ min: 1, max: 12 }), stepsPerEpoch: fc.integer({ min: 5, max: 900 }) })
  .map(({ epochs, stepsPerEpoch }) => ({ steps: epochs * stepsPerEpoch, stepsPerEpoch }));

describe('the weight of the KL', () => {
  it('is finite and positive at every step; a cycle alone begins at 0', () => {
    const step = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(options, length, step, (kl, run, at) => {
        const got = klWeightAt(kl, Math.floor(at * run.steps), run);
        expect(Number.isFinite(got)).toBe(true);
        if (kl.kind === 'cyclical') expect(got).toBeGreaterThanOrEqual(0);
        else expect(got).toBeGreaterThan(0);
        if (kl.kind === 'linear' || kl.kind === 'cyclical') expect(got).toBeLessThanOrEqual(kl.weight);
      }),
      { numRuns: 2000, seed: 11 },
    );
  });

  it("Blundell's shares of an epoch add up to 1 and halve from batch to batch", () => {
    const check = (batches: number) => {
      let sum = 0;
      for (let batch = 0; batch < batches; batch++) {
        const share = blundellShare(batch, batches);
        expect(share >= 0 && share <= 1).toBe(true);
        if (batch > 0 && batch < 1000) expect(share).toBe(blundellShare(batch - 1, batches) / 2);
        sum += share;
      }
      expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
    };
    fc.assert(fc.property(fc.integer({ min: 1, max: 3000 }), check), { numRuns: 60, seed: 12 });
    // The batches of the notebook, where 2^M is beyond double.
    check(12_500);
    expect(blundellShare(0, 12_500)).toBe(0.5);
  });

  it("Blundell's shares are those of his formula where that can be worked out", () => {
    for (let batches = 1; batches <= 50; batches++)
      for (let i = 1; i <= batches; i++)
        expect(blundellShare(i - 1, batches)).toBeCloseTo(2 ** (batches - i) / (2 ** batches - 1), 15);
  });

  it('has the mean `weight` over an epoch for the ways of splitting the KL over batches', () => {
    fc.assert(
      fc.property(weight, fc.integer({ min: 1, max: 2000 }), (factor, stepsPerEpoch) => {
        for (const kind of ['blundell', 'graves'] as const) {
          const run = { steps: 3 * stepsPerEpoch, stepsPerEpoch };
          const sums = new EpochSums();
          for (let step = stepsPerEpoch; step < 2 * stepsPerEpoch; step++)
            sums.add({ nll: 1, kl: 5, correct: 1 }, 4, klWeightAt({ kind, weight: factor }, step, run));
          expect(Math.abs(sums.klWeight / factor - 1)).toBeLessThan(1e-12);
          expect(sums.weightedKl).toBeCloseTo(5 * factor, 10);
        }
      }),
      { numRuns: 100, seed: 13 },
    );
  });

  it('rises linearly to its weight, and stays', () => {
    const run = { steps: 40, stepsPerEpoch: 10 };
    const at = (step: number) => klWeightAt({ kind: 'linear', weight: 2, warmup: 1.5 }, step, run);
    expect([0, 1, 2].map(at)).toEqual([2 / 15, 4 / 15, 6 / 15].map((value) => expect.closeTo(value, 14)));
    expect([14, 15, 39].map(at)).toEqual([2, 2, 2]);
    expect(at(13)).toBeLessThan(2);
  });

  it('goes up and down as Fu et al. do', () => {
    // Their algorithm for T = 100 iterations t = 1..T in M = 4 cycles with R = 1/2.
    const run = { steps: 100, stepsPerEpoch: 20 };
    for (let t = 1; t <= 100; t++) {
      const tau = ((t - 1) % Math.ceil(100 / 4)) / (100 / 4);
      const beta = tau <= 0.5 ? tau / 0.5 : 1;
      expect(klWeightAt({ kind: 'cyclical', weight: 3, cycles: 4, ramp: 0.5 }, t - 1, run)).toBeCloseTo(
        3 * beta,
        14,
      );
    }
    expect(klWeightAt({ kind: 'cyclical', weight: 3, cycles: 4, ramp: 0.5 }, 50, run)).toBe(0);
  });

  it('refuses more cycles than steps: every step would have weight 0', () => {
    const cycles = { kind: 'cyclical', weight: 1, cycles: 5, ramp: 0.5 } as const;
    expect(() => klWeightAt(cycles, 0, { steps: 4, stepsPerEpoch: 4 })).toThrow(
      /at most the run's 4 steps, got 5/,
    );
  });
});

describe('the sums of an epoch', () => {
  it('leave a weight that never changes exactly as it is', () => {
    fc.assert(
      fc.property(
        weight,
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }),
        (w, kls) => {
          const sums = new EpochSums();
          for (const kl of kls) sums.add({ nll: 1, kl, correct: 0 }, 1, w);
          expect(sums.klWeight).toBe(w);
          expect(sums.weightedKl).toBe(w * (sums.kl / sums.steps));
        },
      ),
      { numRuns: 300, seed: 14 },
    );
  });

  it('give the mean of weight * KL where both change', () => {
    const pair = fc.tuple(weight, fc.double({ min: 0, max: 1e5, noNaN: true }));
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1 }), (pairs) => {
        const sums = new EpochSums();
        for (const [w, kl] of pairs) sums.add({ nll: 1, kl, correct: 0 }, 1, w);
        const mean = pairs.reduce((sum, [w, kl]) => sum + w * kl, 0) / pairs.length;
        expect(Math.abs(sums.weightedKl - mean)).toBeLessThanOrEqual(1e-9 * (1 + mean));
      }),
      { numRuns: 300, seed: 15 },
    );
  });
});
