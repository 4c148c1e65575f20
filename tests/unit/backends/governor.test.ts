import { describe, expect, it } from 'vitest';
import { Governor } from '../../../src/backends/simd/threads/governor.js';

/** Lets a governor run for `milliseconds` where a run on t threads takes cost(t); returns the share of time on each t. */
function simulate(governor: Governor, milliseconds: number, cost: (threads: number) => number) {
  const shares = new Map<number, number>();
  let elapsed = 0;
  let runs = 0;
  while (elapsed < milliseconds) {
    const { threads } = governor;
    const time = cost(threads);
    governor.record(time);
    shares.set(threads, (shares.get(threads) ?? 0) + time / milliseconds);
    elapsed += time;
    runs++;
  }
  return { shares, rate: runs / elapsed };
}

const quiet = (threads: number) => 0.3 / threads ** 0.9;
const contended = (threads: number) => (threads === 1 ? 0.3 : 0.9);

describe('how many threads a program runs on', () => {
  it('all of them where that is fastest, with less than 1 % of the rate lost to looking', () => {
    for (const maximum of [2, 3, 4, 8]) {
      const { rate } = simulate(new Governor(maximum), 20_000, quiet);
      expect(rate * quiet(maximum), `${maximum} threads`).toBeGreaterThan(0.99);
    }
  });

  it('one where threads wait for each other', () => {
    const { rate } = simulate(new Governor(2), 20_000, contended);
    expect(rate * contended(1)).toBeGreaterThan(0.98);
  });

  it('one where work is too small to share', () => {
    const { shares } = simulate(new Governor(4), 5000, (threads) => 0.01 + 0.005 * threads);
    expect(shares.get(1)).toBeGreaterThan(0.95);
  });

  it('leaves the threads when another process comes, and takes them again when it goes', () => {
    const governor = new Governor(2);
    simulate(governor, 10_000, quiet);
    const busy = simulate(governor, 3000, contended);
    expect(busy.rate * contended(1)).toBeGreaterThan(0.9);
    simulate(governor, 10_000, contended);
    simulate(governor, 4500, quiet);
    expect(simulate(governor, 2000, quiet).rate * quiet(2)).toBeGreaterThan(0.97);
  });

  it('one thread is one thread', () => {
    const governor = new Governor(1);
    expect(simulate(governor, 1000, quiet).shares.get(1)).toBeCloseTo(1, 2);
  });
});
