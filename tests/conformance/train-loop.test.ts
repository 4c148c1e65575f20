import { beforeAll, describe, expect, it } from 'vitest';
import { createModel } from '../../src/models/index.js';
import { type TrainOptions, trainModel } from '../../src/train/loop.js';
import { createOptimizer } from '../../src/train/optimizer.js';
import type { EvaluatedRow } from '../../src/train/row.js';
import { engines, useEngine } from './engines.js';
import { noiseSource } from './training.js';

const source = noiseSource();
const plan = {
  train: Int32Array.from({ length: 6 }, (_, i) => i),
  validation: Int32Array.of(20, 21),
  test: Int32Array.of(40, 41),
};
const ignore = () => {};

/** The row of one epoch at a learning rate too small to change any weight. */
async function still(
  more: Partial<TrainOptions> = {},
  bayesian: 'none' | 'conv' = 'none',
): Promise<EvaluatedRow> {
  const model = createModel({
    architecture: 'lenet',
    bayesian,
    prior: { kind: 'gaussian', sigma: 0.5 },
    posterior: { sigma: 0.05, clamp: 0, meanInit: 'uniform' },
    seed: 4,
  });
  const optimizer = createOptimizer(model.parameters, { kind: 'sgd', momentum: 0 });
  const options: TrainOptions = {
    epochs: 1,
    batchSize: 2,
    learningRate: 1e-30,
    schedule: { kind: 'constant' },
    kl: { kind: 'constant', weight: 1 },
    augment: [],
    printEvery: 100,
    seed: 5,
    checkpoint: { everySteps: null, everySeconds: null },
    evaluation: { samples: 1, every: 1, batchSize: 4 },
    ...more,
  };
  const { final } = await trainModel(options, {
    model,
    optimizer,
    data: { train: source, test: source, plan },
    reporter: {
      note: ignore,
      warn: ignore,
      progress: ignore,
      lossPrint: ignore,
      evaluating: ignore,
      epoch: ignore,
    },
    onLossPrint: async () => {},
    onCheckpoint: async () => {},
    onEpochEnd: async () => {},
  });
  optimizer.dispose();
  model.dispose();
  return final;
}

for (const engine of engines()) {
  describe(`an epoch on ${engine}`, () => {
    beforeAll(() => useEngine(engine));

    it('augments training images, and neither validation nor test images', async () => {
      const plain = await still();
      const columns = [
        'test_nll',
        'test_accuracy',
        'brier',
        'validation_nll',
        'validation_accuracy',
      ] as const;
      for (const augment of [['crop'], ['flip']] as const) {
        const augmented = await still({ augment });
        expect(augmented.train_nll, augment.join()).not.toBe(plain.train_nll);
        for (const column of columns) expect(augmented[column], column).toBe(plain[column]);
      }
      // The first epoch of another seed flips and crops otherwise; without augmentation it is shuffled alone.
      const other = await still({ augment: ['crop', 'flip'], seed: 6 });
      expect(other.train_nll).not.toBeCloseTo((await still({ augment: ['crop', 'flip'] })).train_nll, 6);
      expect((await still({ seed: 6 })).train_nll).toBeCloseTo(plain.train_nll, 6);
    });
  });
}

// The loop's own arithmetic: a step's KL is the same on every engine, see parity.test.ts.
describe('an epoch', () => {
  beforeAll(() => useEngine('simd'));

  it('writes the mean weight of the KL, and the loss that it gives', async () => {
    const [once, twice] = [
      await still({}, 'conv'),
      await still({ kl: { kind: 'tempered', temperature: 0.5 } }, 'conv'),
    ];
    expect([once.kl_weight, twice.kl_weight]).toEqual([1, 0.5]);
    // 6 training images.
    expect(once.train_loss).toBe(once.train_nll + once.train_kl / 6);
    expect(twice.train_loss).toBe(once.train_nll + (0.5 * once.train_kl) / 6);
    const blundell = await still({ kl: { kind: 'blundell', weight: 1 } }, 'conv');
    expect(blundell.kl_weight).toBeCloseTo(1, 14);
    expect(blundell.train_loss).toBeCloseTo(once.train_loss, 6);
    // Half an epoch of three steps: 2 of them (rounded), so the weights are 1/2, 1, 1.
    const linear = await still({ kl: { kind: 'linear', weight: 1, warmup: 0.5 } }, 'conv');
    expect(linear.kl_weight).toBeCloseTo(5 / 6, 14);
  });
});
