import { beforeAll, describe, expect, it } from 'vitest';
import type { BayescnnError } from '../../src/errors.js';
import { createModel, type Model } from '../../src/models/index.js';
import { type TrainOptions, trainModel } from '../../src/train/loop.js';
import { createOptimizer, type Optimizer } from '../../src/train/optimizer.js';
import type { PosteriorRow } from '../../src/train/posterior-row.js';
import { TrainStep } from '../../src/train/step.js';
import { Trail } from '../../src/train/trail.js';
import { engines, useEngine } from './engines.js';
import { bitsOf, noiseSource } from './training.js';

const source = noiseSource();
/** Images of a mini-batch: the plain JavaScript engine takes its time. */
const batchOf = (engine: string) => (engine === 'cpu' ? 1 : 4);
/** Good steps before the bad one. Past the first and two recordings, the fifth and sixth are replayed, where the engine can. */
const goodSteps = (engine: string) => (engine === 'simd' ? 6 : 2);
const ignore = () => {};

function build(bayesian: 'none' | 'conv'): { model: Model; optimizer: Optimizer } {
  const model = createModel({
    architecture: 'lenet',
    bayesian,
    prior: { kind: 'gaussian', sigma: 0.5 },
    posterior: { sigma: 0.05, clamp: 0, meanInit: 'uniform' },
    seed: 4,
  });
  return { model, optimizer: createOptimizer(model.parameters, { kind: 'sgd', momentum: 0.9 }) };
}

const bits = (model: Model) =>
  Object.fromEntries(Object.entries(model.toTorch()).map(([name, { data }]) => [name, bitsOf(data)]));

/** Trains in the whole loop; what it wrote of posteriors, and how it failed. */
async function train(engine: string, bayesian: 'none' | 'conv', more: Partial<TrainOptions>) {
  const { model, optimizer } = build(bayesian);
  const posterior: PosteriorRow[] = [];
  const options: TrainOptions = {
    epochs: 2,
    batchSize: batchOf(engine),
    learningRate: 0.01,
    schedule: { kind: 'constant' },
    kl: { kind: 'constant', weight: 1 },
    augment: [],
    printEvery: 100,
    seed: 5,
    checkpoint: { everySteps: null, everySeconds: null },
    evaluation: { samples: 1, every: 1, batchSize: 4 },
    ...more,
  };
  const reporter = {
    ...{ note: ignore, warn: ignore, progress: ignore, lossPrint: ignore },
    ...{ evaluating: ignore, epoch: ignore },
  };
  const plan = {
    train: Int32Array.from({ length: 3 * batchOf(engine) }, (_, i) => i),
    validation: new Int32Array(0),
    test: Int32Array.of(40, 41),
  };
  const error = await trainModel(options, {
    model,
    optimizer,
    data: { train: source, test: source, plan },
    reporter,
    onLossPrint: async () => {},
    onCheckpoint: async () => {},
    onEpochEnd: async (_row, _improved, _images, rows) => {
      posterior.push(...rows);
    },
  }).then(
    () => undefined,
    (reason) => reason as BayescnnError,
  );
  const kl = model.weights().kl?.dataSync()[0];
  optimizer.dispose();
  model.dispose();
  return { error, posterior, kl };
}

for (const engine of engines()) {
  describe(`a run that diverges on ${engine}`, () => {
    beforeAll(() => useEngine(engine));

    it.each(['none', 'conv'] as const)(
      'is traced to the step whose update did it, bayesian: %s',
      (bayesian) => {
        const { model, optimizer } = build(bayesian);
        const step = new TrainStep(model, optimizer, source);
        const trail = new Trail(model, optimizer, step);
        const take = (at: number, rate: number) => {
          const indices = Int32Array.from({ length: batchOf(engine) }, (_, i) => (7 * at + i) % 64);
          trail.note(indices, at, rate, 1e-4);
          return step.run(indices, at, rate, 1e-4);
        };
        const good = goodSteps(engine);
        for (let at = 0; at < good; at++) take(at, 0.01);
        const before = bits(model);
        const largest = Math.max(
          ...Object.values(model.toTorch()).map(({ data }) =>
            data.reduce((most, v) => Math.max(most, Math.abs(v)), 0),
          ),
        );
        expect(trail.allFinite()).toBe(true);
        expect(trail.findFirst()).toMatchObject({ step: good, parameters: [] });
        // The way was gone again to the last bit.
        expect(bits(model)).toEqual(before);
        expect(Number.isFinite(take(good, Number.POSITIVE_INFINITY).nll)).toBe(true);
        expect(trail.allFinite()).toBe(false);
        take(good + 1, 0.01);
        const found = trail.findFirst();
        expect(found.step).toBe(good + 1);
        expect(found.parameters).toEqual(model.parameters.map(({ name }) => name));
        expect(found.largest.value).toBe(largest);
        step.dispose();
        optimizer.dispose();
        model.dispose();
      },
    );

    it("is found where only Adam's mean squares overflow, which would stop the weights for good", () => {
      const { model } = build('conv');
      const optimizer = createOptimizer(model.parameters, { kind: 'adam' });
      const step = new TrainStep(model, optimizer, source);
      const trail = new Trail(model, optimizer, step);
      // The KL's gradient times 1e25 is finite, its square is not.
      for (const [at, scale] of [1e-4, 1e-4, 1e25, 1e-4].entries()) {
        trail.note(Int32Array.of(at), at, 1e-4, scale);
        expect(Number.isFinite(step.run(Int32Array.of(at), at, 1e-4, scale).nll)).toBe(true);
      }
      expect(trail.allFinite()).toBe(false);
      const found = trail.findFirst();
      expect(found.step).toBe(3);
      expect(found.parameters).toContain('conv1.weight_mu.exp_avg_sq');
      expect(found.parameters.every((name) => name.endsWith('.exp_avg_sq'))).toBe(true);
      step.dispose();
      optimizer.dispose();
      model.dispose();
    });

    it('fails at the end of the epoch where no loss has told yet', async () => {
      const { error } = await train(engine, 'none', {
        batchSize: 3 * batchOf(engine),
        learningRate: Number.POSITIVE_INFINITY,
      });
      expect(error?.code).toBe('failure');
      expect(error?.message).toMatch(
        /the weights must stay finite, got NaN or infinity after step 1 \(epoch 1\); the update of step 1 gave the first, in conv1.weight, .* and 6 more; the largest weight before it was 0\.\d+ in /,
      );
    });

    it('fails with the step, and the largest weight where the loss overflows first', async () => {
      const { error } = await train(engine, 'none', { learningRate: 1e15 });
      expect(error?.message).toMatch(/the loss must stay finite, got NLL .* at step \d \(epoch 1\)/);
      expect(error?.message).toMatch(
        /largest (weight )?before (it|that step) was \d\.\d+e\+\d+ in (conv|fc)\d/,
      );
    });
  });

  describe(`the posterior after each epoch on ${engine}`, () => {
    beforeAll(() => useEngine(engine));

    it("has a row for each Bayesian layer, whose KL add up to the model's", async () => {
      const { error, posterior, kl } = await train(engine, 'conv', { learningRate: 1e-4 });
      expect(error).toBeUndefined();
      expect(posterior.map(({ epoch, layer, weights }) => [epoch, layer, weights])).toEqual([
        [1, 'conv1', 456],
        [1, 'conv2', 2416],
        [2, 'conv1', 456],
        [2, 'conv2', 2416],
      ]);
      const last = posterior.slice(2);
      expect(last[0].kl + last[1].kl).toBeCloseTo(kl as number, 2);
      for (const { mean_sigma, weights, snr_histogram } of posterior) {
        expect(Math.abs(mean_sigma / 0.05 - 1)).toBeLessThan(0.05);
        expect(snr_histogram.reduce((sum, count) => sum + count, 0)).toBe(weights);
      }
      // Means are U(-b, b) with b = 1 / sqrt(75): the median of |mu| is b / 2.
      expect(Math.abs((posterior[0].median_snr * 0.05) / (0.5 / Math.sqrt(75)) - 1)).toBeLessThan(0.15);
    });

    it('is nothing for a plain network', async () => {
      expect((await train(engine, 'none', {})).posterior).toEqual([]);
    });
  });
}
