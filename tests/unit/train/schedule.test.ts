import { describe, expect, it } from 'vitest';
import { learningRateAt, type ScheduleOptions } from '../../../src/train/schedule.js';

/** The rates of a whole run of `steps` in epochs of `stepsPerEpoch`. */
function rates(schedule: ScheduleOptions, peak: number, steps: number, stepsPerEpoch: number): number[] {
  return Array.from({ length: steps }, (_, step) =>
    learningRateAt(schedule, peak, step, { steps, stepsPerEpoch }),
  );
}

function expectRates(got: number[], wanted: number[]): void {
  expect(got).toHaveLength(wanted.length);
  for (const [step, rate] of got.entries()) expect(rate, `step ${step}`).toBeCloseTo(wanted[step], 14);
}

/** Each rate that many times: a schedule that moves once an epoch. */
const perEpoch = (times: number, some: number[]) =>
  some.flatMap((rate) => new Array<number>(times).fill(rate));

// Printed by the schedulers of torch.optim.lr_scheduler, PyTorch 2.15, as the settings beside them say.
const COSINE_12 = [
  0.05, 0.04916518274408217, 0.046717622392718754, 0.04282411613907041, 0.03775, 0.03184106660501176, 0.0255,
  0.019158933394988243, 0.013250000000000005, 0.008175883860929586, 0.004282377607281252,
  0.0018348172559178291,
];
const ONE_CYCLE_12 = [
  0.0040000000000000036, 0.0349789654219583, 0.08792851591221287, 0.09944154354509119, 0.09330129698414118,
  0.0811745653949763, 0.06473789976951033, 0.046263710266697504, 0.028306099820869922, 0.01334775301888306,
  0.0034566987425395223, 4e-7,
];
const ONE_CYCLE_10 = [
  0.0049999999999999975, 0.01625, 0.03874999999999999, 0.05, 0.046653984459516365, 0.037512500000000004,
  0.025025000000000002, 0.012537500000000005, 0.0033960155404836436, 5e-5,
];
const WARM_COSINE_12 = [
  0.010000000000000002, 0.020000000000000004, 0.030000000000000006, 0.04000000000000001, 0.05,
  0.048135048546526525, 0.04282411613907041, 0.0348757440929447, 0.0255, 0.0161242559070553,
  0.008175883860929586, 0.002864951453473475,
];

describe("PyTorch's schedulers", () => {
  it('StepLR(step_size=2, gamma=0.1), stepped once an epoch of 3', () => {
    const wanted = perEpoch(3, [0.05, 0.05, 0.005, 0.005, 0.0005]);
    expectRates(rates({ kind: 'step', every: 2, milestones: [], gamma: 0.1 }, 0.05, 15, 3), wanted);
  });

  it('MultiStepLR([1, 3], gamma=0.5), stepped once an epoch of 3', () => {
    const wanted = perEpoch(3, [0.05, 0.025, 0.025, 0.0125, 0.0125]);
    expectRates(rates({ kind: 'step', every: null, milestones: [1, 3], gamma: 0.5 }, 0.05, 15, 3), wanted);
  });

  it('CosineAnnealingLR(T_max=12, eta_min=0.001)', () => {
    expectRates(rates({ kind: 'cosine', to: 0.001 }, 0.05, 12, 3), COSINE_12);
  });

  it('OneCycleLR(max_lr=0.1, total_steps=12)', () => {
    const usual = { kind: 'one-cycle', pctStart: 0.3, divFactor: 25, finalDivFactor: 1e4 } as const;
    expectRates(rates(usual, 0.1, 12, 4), ONE_CYCLE_12);
  });

  it('OneCycleLR(max_lr=0.05, total_steps=10, pct_start=0.4, div_factor=10, final_div_factor=100)', () => {
    const other = { kind: 'one-cycle', pctStart: 0.4, divFactor: 10, finalDivFactor: 100 } as const;
    expectRates(rates(other, 0.05, 10, 5), ONE_CYCLE_10);
  });

  it('SequentialLR([LinearLR(1/5, total_iters=4), CosineAnnealingLR(8, 0.001)], [4])', () => {
    expectRates(rates({ kind: 'cosine', to: 0.001, warmup: 2 }, 0.05, 12, 2), WARM_COSINE_12);
    // A third of an epoch of 12 steps is as long.
    expectRates(rates({ kind: 'cosine', to: 0.001, warmup: 1 / 3 }, 0.05, 12, 12), WARM_COSINE_12);
  });

  it('LinearLR(1/5, total_iters=4) alone and times MultiStepLR([2])', () => {
    const rise = [0.01, 0.02, 0.03, 0.04];
    expectRates(rates({ kind: 'constant', warmup: 2 }, 0.05, 8, 2), [...rise, 0.05, 0.05, 0.05, 0.05]);
    const steps = { kind: 'step', every: null, milestones: [2], gamma: 0.1, warmup: 4 / 3 } as const;
    expectRates(rates(steps, 0.05, 12, 3), [...rise, 0.05, 0.05, ...new Array<number>(6).fill(0.005)]);
  });
});

describe('schedules', () => {
  it('constant stays at the peak', () => {
    expect(rates({ kind: 'constant' }, 0.1, 3, 1)).toEqual([0.1, 0.1, 0.1]);
  });

  it('cosine ends at its end, 0 by default', () => {
    const length = { steps: 10, stepsPerEpoch: 5 };
    expect(learningRateAt({ kind: 'cosine' }, 0.1, 10, length)).toBeCloseTo(0, 15);
    expect(learningRateAt({ kind: 'cosine', to: 0.01 }, 0.1, 10, length)).toBeCloseTo(0.01, 15);
    expect(learningRateAt({ kind: 'cosine' }, 0.1, 0, length)).toBe(0.1);
  });

  it('one-cycle after a warm-up begins where the warm-up ends', () => {
    const cycle = { kind: 'one-cycle', pctStart: 0.3, divFactor: 25, finalDivFactor: 1e4 } as const;
    const got = rates({ ...cycle, warmup: 1 }, 0.1, 16, 4);
    expectRates(got.slice(4), ONE_CYCLE_12);
    expectRates(got.slice(0, 4), [0.0008, 0.0016, 0.0024, 0.0032]);
  });

  it.each([1, 2, 3, 4, 5])('one-cycle of %d steps has rates in (0, peak]', (steps) => {
    const cycle = { kind: 'one-cycle', pctStart: 0.3, divFactor: 25, finalDivFactor: 1e4 } as const;
    for (const rate of rates(cycle, 0.1, steps, steps)) {
      expect(rate).toBeGreaterThan(0);
      expect(rate).toBeLessThanOrEqual(0.1);
    }
  });

  it('refuses a step outside the run', () => {
    const length = { steps: 10, stepsPerEpoch: 5 };
    expect(() => learningRateAt({ kind: 'cosine' }, 0.1, 11, length)).toThrow(
      /step must be in 0..10, got 11/,
    );
    expect(() => learningRateAt({ kind: 'constant' }, 0.1, -1, length)).toThrow(/got -1/);
  });
});
