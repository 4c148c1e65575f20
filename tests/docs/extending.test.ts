import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { brierScore, negativeLogLikelihood } from '../../src/metrics/index.js';
import type { Estimator } from '../../src/models/estimator.js';
import { FeedForward } from '../../src/models/feed-forward.js';
import { GaussianPrior } from '../../src/models/index.js';
import type { BayesianOptions } from '../../src/models/layers/variational.js';
import { Stream, streamKey } from '../../src/rng.js';
import { BayesScale } from './extending/bayes-scale.js';
import { smallNet } from './extending/small-net.js';
import { sphericalScore } from './extending/spherical-score.js';
import { guides, readPage, root } from './pages.js';

const options: BayesianOptions = {
  prior: new GaussianPrior(0.1),
  posterior: { kind: 'constant', sigma: 0.05, clamp: 0, meanInit: 'uniform' },
  divergence: 'kl',
  seed: 4,
};

beforeAll(async () => {
  await loadTfjs();
  await tf.setBackend('cpu');
});

describe('code of the pages in TypeScript', () => {
  const blocks = guides.flatMap((page) => readPage(page).blocks.filter(({ language }) => language === 'ts'));

  it('is there', () => {
    expect(blocks.length).toBeGreaterThan(7);
  });

  // The line above a block links to the file that it is from.
  it.each(blocks)('$where is what the file says', ({ page, where, text }) => {
    const line = Number(where.split(':')[1]);
    const above = readPage(page).prose.filter((each) => each.text !== '' && lineOf(each.where) < line);
    const [, file] = /\]\(([^)]+\.ts)\)[^\]]*$/.exec(above.at(-1)?.text ?? '') ?? [];
    expect(file, `${where}: which file?`).toBeDefined();
    const source = readFileSync(path.join(root, path.dirname(page), file as string), 'utf8');
    expect(source).toContain(text);
  });

  const lineOf = (where: string): number => Number(where.split(':')[1]);
});

describe('the layer of docs/extending.md', () => {
  const features = 5;
  const x = () => tf.tensor2d([[1, -2, 0, 0.5, 3]]);

  function moments(estimator: Estimator, draws: number) {
    const layer = new BayesScale('scale', features, { ...options, estimator });
    const mu = layer.parameters[0]?.variable.dataSync() as Float32Array;
    const outputs = Array.from({ length: draws }, (_, sample) =>
      tf.tidy(() => {
        const clock = tf.tensor1d([0, sample, 0, 0], 'int32');
        return layer.forward(x(), layer.weights(clock), { sample: true, clock }).dataSync();
      }),
    );
    return { mu, of: (i: number) => outputs.map((y) => y[i] as number) };
  }

  it.each(['lrt', 'weight-sampling', 'flipout'] as const)(
    'has mean x mu and deviation |x| sigma by %s',
    (estimator) => {
      const draws = 400;
      const { mu, of } = moments(estimator, draws);
      for (const [i, input] of x().dataSync().entries()) {
        const deviation = Math.abs(input) * 0.05;
        const mean = of(i).reduce((sum, y) => sum + y / draws, 0);
        const variance = of(i).reduce((sum, y) => sum + (y - mean) ** 2 / (draws - 1), 0);
        // Five standard errors of a mean and of a variance.
        expect(Math.abs(mean - input * (mu[i] as number))).toBeLessThanOrEqual(
          (5 * deviation) / Math.sqrt(draws) + 1e-6,
        );
        expect(Math.abs(variance - deviation ** 2)).toBeLessThanOrEqual(
          5 * deviation ** 2 * Math.sqrt(2 / draws) + 1e-9,
        );
      }
    },
  );

  it('has gradients of mu, rho and its KL', () => {
    const layer = new BayesScale('scale', features, options);
    const variables = layer.parameters.map(({ variable }) => variable);
    const { grads } = tf.variableGrads(() => {
      const weights = layer.weights();
      const y = layer.forward(x(), weights, { sample: true, epsilon: tf.ones([1, features]) });
      return tf.add(tf.sum(tf.square(y)), weights.kl) as tf.Scalar;
    }, variables);
    for (const gradient of Object.values(grads)) expect(tf.norm(gradient).dataSync()[0]).toBeGreaterThan(0);
    expect(Object.keys(grads)).toHaveLength(2);
  });
});

describe('the metric of docs/extending.md', () => {
  it('is 1 for certainty that is right and 1 / sqrt(K) for no opinion', () => {
    expect(sphericalScore([0, 1, 0], [1], 3)).toBe(1);
    expect(sphericalScore(Array(10).fill(0.1), [4], 10)).toBeCloseTo(1 / Math.sqrt(10), 12);
    expect(sphericalScore([0.6, 0.8, 0.6, 0.8], [1, 0], 2)).toBeCloseTo(0.7, 12);
  });

  it('is proper: on average nothing beats the truth', () => {
    const truth = [0.5, 0.3, 0.2];
    const score = (p: number[]) => truth.reduce((sum, q, k) => sum + q * sphericalScore(p, [k], 3), 0);
    const stream = new Stream(streamKey(1, 'rivals'));
    for (let i = 0; i < 200; i++) {
      const weights = truth.map((q) => q * Math.exp(stream.normal()));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      expect(score(weights.map((weight) => weight / total))).toBeLessThanOrEqual(score(truth) + 1e-15);
    }
  });

  it('refuses what the other metrics refuse', () => {
    for (const metric of [sphericalScore, (p: number[], l: number[], k: number) => brierScore([p], l, k)])
      expect(() => metric([0.5, 0.5], [2], 2)).toThrow('class index from 0 to 1');
    expect(() => negativeLogLikelihood([[]], [], 2)).toThrow('at least one image');
    expect(() => sphericalScore([], [], 2)).toThrow('at least one image');
  });
});

describe('the model of docs/extending.md', () => {
  const build = (bayesian: string[]) => new FeedForward('small', smallNet, bayesian, options);
  const image = () => {
    const stream = new Stream(streamKey(2, 'image'));
    return tf.tensor4d(
      Float32Array.from({ length: 2 * 3072 }, () => stream.normal()),
      [2, 32, 32, 3],
    );
  };
  const logits = (bayesian: string[], sample: boolean) =>
    tf.tidy(() => {
      const model = build(bayesian);
      const clock = tf.tensor1d([0, 0, 0, 0], 'int32');
      return model.forward(image(), model.weights(clock), { sample, clock }).dataSync();
    });

  it('has the weights that it says, and twice as many with a posterior', () => {
    expect(build([]).parameterCount).toBe(14_378);
    expect(build(['conv1', 'conv2', 'fc']).parameterCount).toBe(28_756);
  });

  it('gives the same logits on cpu and simd, drawn or not', async () => {
    const all = ['conv1', 'conv2', 'fc'];
    const cases = [
      [[], false],
      [all, false],
      [all, true],
    ] as const;
    const wanted = cases.map(([layers, sample]) => logits([...layers], sample));
    const engine = await startSimd(1, false);
    await tf.setBackend('simd');
    const got = cases.map(([layers, sample]) => logits([...layers], sample));
    for (const [i, values] of wanted.entries()) {
      expect(values).toHaveLength(20);
      for (const [k, value] of values.entries())
        expect(Math.abs(value - (got[i]?.[k] as number))).toBeLessThan(1e-5);
    }
    expect(wanted[2]).not.toEqual(wanted[1]);
    await tf.setBackend('cpu');
    await engine.dispose();
  });
});
