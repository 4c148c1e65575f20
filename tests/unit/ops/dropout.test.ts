import { describe, expect, it } from 'vitest';
import { masksInto } from '../../../src/ops/dropout.js';
import { Stream, streamKey } from '../../../src/rng.js';

const key = streamKey(3, 'dropout/fc1');

function masks(perImage: number, rows: number, rate: number, clock = [5, 0, 0, 0], own = key, samples = 1) {
  const out = new Float32Array(perImage * rows);
  masksInto(out, perImage, rows, clock, own, rate, samples);
  return out;
}

const kept = (mask: Float32Array): number[] => Array.from(mask, (value) => (value === 0 ? 0 : 1));

/** Correlation of two masks of n elements: of independent ones about N(0, 1 / n). */
function correlation(a: number[], b: number[]): number {
  const mean = (x: number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (f: (i: number) => number) => a.reduce((total, _, i) => total + f(i), 0);
  const spread = (x: number[], m: number) => Math.sqrt(sum((i) => (x[i] - m) ** 2));
  return sum((i) => (a[i] - ma) * (b[i] - mb)) / (spread(a, ma) * spread(b, mb));
}

describe('dropout masks', () => {
  it.each([0.1, 0.5, 0.9])('drop a part %s of the elements, and keep the mean', (rate) => {
    const n = 40_000;
    const mask = masks(400, n / 400, rate);
    const dropped = 1 - kept(mask).reduce((sum, one) => sum + one, 0) / n;
    expect(Math.abs(dropped - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / n));
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
  });

  it('drop nothing at rate 0', () => {
    expect(new Set(masks(33, 3, 0))).toEqual(new Set([1]));
  });

  it('are independent between layers, images, steps, samples, seeds, and neighbours', () => {
    const n = 20_000;
    const base = kept(masks(n, 1, 0.5));
    const others = {
      layer: masks(n, 1, 0.5, [5, 0, 0, 0], streamKey(3, 'dropout/fc2')),
      seed: masks(n, 1, 0.5, [5, 0, 0, 0], streamKey(4, 'dropout/fc1')),
      image: masks(n, 1, 0.5, [5, 0, 1, 0]),
      step: masks(n, 1, 0.5, [6, 0, 0, 0]),
      sample: masks(n, 1, 0.5, [5, 1, 0, 0]),
    };
    for (const [what, other] of Object.entries(others))
      expect(Math.abs(correlation(base, kept(other))), what).toBeLessThan(4 / Math.sqrt(n));
    for (const lag of [1, 4, 16, 64])
      expect(Math.abs(correlation(base.slice(lag), base.slice(0, -lag))), `${lag}`).toBeLessThan(
        4 / Math.sqrt(n),
      );
  });

  it('depend on their place alone: on neither the batch nor what samples lie side by side', () => {
    const whole = masks(37, 6, 0.3);
    expect(masks(37, 2, 0.3, [5, 0, 4, 0])).toEqual(whole.slice(4 * 37));
    // Row r of three samples an image: sample r % 3 of image r / 3.
    const parted = masks(37, 6, 0.3, [5, 0, 0, 0], key, 3);
    expect(parted.slice(4 * 37, 5 * 37)).toEqual(masks(37, 1, 0.3, [5, 1, 1, 0]));
  });

  it('give a linear layer the mean and the variance of their closed forms', () => {
    // y = sum_i w_i x_i m_i: mean w x, variance sum (w_i x_i)^2 rate / (1 - rate).
    const [inputs, draws, rate] = [30, 20_000, 0.3];
    const stream = new Stream(streamKey(1, 'linear'));
    const terms = Array.from({ length: inputs }, () => stream.normal() * stream.normal());
    const mask = masks(inputs, draws, rate);
    const ys = Array.from({ length: draws }, (_, d) =>
      terms.reduce((sum, term, i) => sum + term * mask[d * inputs + i], 0),
    );
    const mean = ys.reduce((sum, y) => sum + y, 0) / draws;
    const variance = ys.reduce((sum, y) => sum + (y - mean) ** 2, 0) / (draws - 1);
    const expected = terms.reduce((sum, term) => sum + term, 0);
    const width = (terms.reduce((sum, term) => sum + term * term, 0) * rate) / (1 - rate);
    expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(width / draws));
    expect(Math.abs(variance / width - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
  });
});
