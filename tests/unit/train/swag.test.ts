import { describe, expect, it } from 'vitest';
import { Stream, streamKey } from '../../../src/rng.js';
import { SwagMoments, swagWeights } from '../../../src/train/swag.js';

const stream = new Stream(streamKey(2, 'swag'));
const shapes = { 'conv1.weight': [2, 3], 'conv1.bias': [2] };

/** Sets of weights that move around a point; the last weight of all never moves. */
const sets = Array.from({ length: 20 }, () =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const data = Float32Array.from({ length: size }, (_, i) =>
        name.endsWith('bias') && i === 1 ? 0.3 : 1 + i + 0.01 * stream.normal(),
      );
      return [name, { shape, data }];
    }),
  ),
);

/** The mean and the biased variance, straight from their definitions in float64. */
function direct(name: string, i: number): { mean: number; variance: number } {
  const values = sets.map((set) => set[name].data[i]);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

describe('the moments of collected weights', () => {
  const moments = new SwagMoments(sets[0]);
  for (const set of sets) moments.add(set);
  const record = moments.toTorch();

  it('are those of their definitions', () => {
    expect(Object.keys(record)).toEqual(
      Object.keys(shapes).flatMap((name) => [`${name}.mean`, `${name}.squared_deviations`]),
    );
    for (const [name, { data }] of Object.entries(sets[0]))
      for (let i = 0; i < data.length; i++) {
        const { mean, variance } = direct(name, i);
        expect(Math.abs(record[`${name}.mean`].data[i] / mean - 1)).toBeLessThan(1e-6);
        const own = record[`${name}.squared_deviations`].data[i] / sets.length;
        // float32 weights around 5 are known to 2e-7, their spread of 0.01 to 1e-4 of itself.
        expect(Math.abs(own - variance)).toBeLessThan(2e-4 * variance + 1e-12);
      }
  });

  it('go on from a record with the same bits', () => {
    const first = new SwagMoments(sets[0]);
    for (const set of sets.slice(0, 7)) first.add(set);
    const second = new SwagMoments(sets[0]);
    second.restore(first.toTorch(), first.collected);
    for (const set of sets.slice(7)) second.add(set);
    expect(second.collected).toBe(20);
    expect(second.toTorch()).toEqual(record);
  });

  it('make their mean alone with scale 0, beside the statistics that are its own', () => {
    const statistics = { 'bn1.running_mean': { shape: [2], data: Float32Array.of(1, 2) } };
    const weights = swagWeights({ ...record, ...statistics }, sets.length, 0);
    expect(Object.keys(weights)).toEqual([...Object.keys(shapes), 'bn1.running_mean']);
    expect(weights['conv1.weight']).toEqual(record['conv1.weight.mean']);
    expect(weights['bn1.running_mean']).toEqual(statistics['bn1.running_mean']);
  });

  it.each([0.5, 1])('make a posterior of scale %s times the variance', (scale) => {
    const posterior = swagWeights(record, sets.length, scale);
    expect(Object.keys(posterior)).toEqual(
      Object.keys(shapes).flatMap((name) => [`${name}_mu`, `${name}_rho`]),
    );
    const rho = posterior['conv1.weight_rho'].data;
    for (let i = 0; i < rho.length; i++) {
      const sigma = Math.log1p(Math.exp(rho[i]));
      const { variance } = direct('conv1.weight', i);
      expect(Math.abs(sigma / Math.sqrt(scale * variance) - 1)).toBeLessThan(2e-4);
    }
    // A weight that never moved: narrow, and finite.
    const still = posterior['conv1.bias_rho'].data[1];
    expect(Math.exp(still) / Math.sqrt(scale * 1e-30)).toBeCloseTo(1, 4);
  });
});
