import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../../src/train/schedule.js';

describe('schedules', () => {
  it('constant stays at the peak', () => {
    expect([0, 5, 10].map((step) => learningRateAt({ kind: 'constant' }, 0.1, step, 10))).toEqual([
      0.1, 0.1, 0.1,
    ]);
  });

  it("cosine equals the recursion of PyTorch's CosineAnnealingLR", () => {
    const [peak, minimum, steps] = [0.05, 0.001, 40];
    let rate = peak;
    for (let step = 0; step <= steps; step++) {
      expect(learningRateAt({ kind: 'cosine', minimum }, peak, step, steps)).toBeCloseTo(rate, 12);
      // torch.optim.lr_scheduler.CosineAnnealingLR.get_lr, chainable form
      const [next, now] = [step + 1, step].map((t) => 1 + Math.cos((Math.PI * t) / steps));
      rate = (next / now) * (rate - minimum) + minimum;
    }
  });

  it('cosine ends at its minimum, 0 by default', () => {
    expect(learningRateAt({ kind: 'cosine' }, 0.1, 10, 10)).toBeCloseTo(0, 15);
    expect(learningRateAt({ kind: 'cosine', minimum: 0.01 }, 0.1, 10, 10)).toBeCloseTo(0.01, 15);
    expect(learningRateAt({ kind: 'cosine' }, 0.1, 0, 10)).toBe(0.1);
  });

  it('refuses a step outside the run', () => {
    expect(() => learningRateAt({ kind: 'cosine' }, 0.1, 11, 10)).toThrow(/step must be in 0..10, got 11/);
    expect(() => learningRateAt({ kind: 'constant' }, 0.1, -1, 10)).toThrow(/got -1/);
  });
});
