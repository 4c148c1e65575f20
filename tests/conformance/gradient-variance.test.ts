import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { createModel, type Estimator } from '../../src/models/index.js';
import { Stream, streamKey } from '../../src/rng.js';
import { gradientStatistics, type LayerGradients } from '../../src/train/gradients.js';
import type { LabelledSource } from '../../src/train/step.js';
import { engines, useEngine } from './engines.js';

beforeAll(async () => {
  await loadTfjs();
  await startSimd(2, false);
});
afterAll(() => tf.removeBackend('simd'));

const REPEATS = 40;
const IMAGES = 64;

/** Bright images with some noise: like photographs, and unlike pure noise, they have much in common. */
function brightSource(): LabelledSource {
  const stream = new Stream(streamKey(3, 'images'));
  return {
    images: Uint8Array.from({ length: 3072 * IMAGES }, () => 160 + stream.below(96)),
    labels: Uint8Array.from({ length: IMAGES }, () => stream.below(10)),
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  };
}

const source = brightSource();

function measure(estimator: Estimator, repeats = REPEATS, images = IMAGES): LayerGradients[] {
  const model = createModel({
    architecture: 'lenet',
    bayesian: 'all',
    estimator,
    prior: { kind: 'gaussian', sigma: 0.1 },
    posterior: { sigma: 0.02, clamp: 0, meanInit: 'uniform' },
    seed: 2,
  });
  const indices = Int32Array.from({ length: images }, (_, i) => i);
  const statistics = gradientStatistics(model, source, { indices, repeats, klScale: 1 / 50_000 });
  model.dispose();
  return statistics;
}

describe('the gradient of the loss on one batch', () => {
  const measured = new Map<Estimator, LayerGradients[]>();
  beforeAll(() => {
    for (const name of ['lrt', 'weight-sampling', 'flipout', 'mean'] as const)
      measured.set(name, measure(name));
  });
  const of = (name: Estimator) => measured.get(name) as LayerGradients[];

  const total = (name: Estimator, kind: 'mu' | 'rho') =>
    of(name).reduce((sum, layer) => sum + (layer[kind]?.variance as number), 0);

  it.each(['mu', 'rho'] as const)('has less variance under LRT than under weight sampling: %s', (kind) => {
    expect(total('lrt', kind)).toBeGreaterThan(0);
    expect(total('lrt', kind)).toBeLessThan(0.8 * total('weight-sampling', kind));
  });

  it('has less of it in every convolution, whose draw LRT makes anew at each place', () => {
    const sampled = of('weight-sampling');
    for (const [i, { layer, mu, rho }] of of('lrt').slice(0, 2).entries()) {
      expect(mu?.variance, `${layer} mu`).toBeLessThan(sampled[i].mu?.variance as number);
      expect(rho?.variance, `${layer} rho`).toBeLessThan(0.1 * (sampled[i].rho?.variance as number));
    }
  });

  it('has less variance under flipout than under weight sampling', () => {
    expect(total('flipout', 'mu')).toBeGreaterThan(0);
    expect(total('flipout', 'mu')).toBeLessThan(0.95 * total('weight-sampling', 'mu'));
  });

  it('has the same mean under each estimator that draws', () => {
    for (const name of ['weight-sampling', 'flipout'] as const)
      for (const [i, { layer, mu, rho }] of of(name).entries())
        for (const [kind, a, b] of [
          ['mu', mu, of('lrt')[i].mu],
          ['rho', rho, of('lrt')[i].rho],
        ] as const) {
          // The mean of `repeats` gradients is off by a vector whose squared length is variance / repeats.
          const noise = Math.sqrt(((a?.variance as number) + (b?.variance as number)) / REPEATS);
          const apart = Math.abs((a?.mean_norm as number) - (b?.mean_norm as number));
          expect(apart, `${name} ${layer} ${kind}`).toBeLessThan(3 * noise);
        }
  });

  it('has none under the posterior means, whose rho the data do not move', () => {
    for (const { mu, rho } of of('mean')) {
      expect(mu?.variance).toBe(0);
      expect(mu?.mean_norm).toBeGreaterThan(0);
      expect(rho?.variance).toBe(0);
    }
  });

  it('is counted once an element, by layer', () => {
    const sizes = of('lrt').map(({ layer, mu, point }) => [layer, mu?.parameters, point]);
    expect(sizes).toEqual([
      ['conv1', 456, null],
      ['conv2', 2416, null],
      ['fc1', 48_120, null],
      ['fc2', 10_164, null],
      ['fc3', 850, null],
    ]);
  });

  it.runIf(engines().includes('tensorflow'))('is on tensorflow that of simd, draw by draw', async () => {
    for (const estimator of ['lrt', 'flipout'] as const) {
      const wanted = measure(estimator, 2, 3);
      await useEngine('tensorflow');
      const got = measure(estimator, 2, 3);
      await useEngine('simd');
      for (const [i, { layer, mu, rho }] of wanted.entries())
        for (const [own, other] of [
          [mu, got[i].mu],
          [rho, got[i].rho],
        ])
          for (const figure of ['mean_norm', 'variance'] as const)
            expect((other?.[figure] as number) / (own?.[figure] as number), `${layer} ${figure}`).toBeCloseTo(
              1,
              4,
            );
    }
  });

  it('leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    measure('flipout', 3);
    expect(tf.memory().numTensors).toBe(before);
  });
});
