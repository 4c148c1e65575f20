import { beforeAll, describe, expect, it } from 'vitest';
import { softmax } from '../../src/metrics/index.js';
import { createModel, type Model, type ModelOptions } from '../../src/models/index.js';
import { type Classifier, classifierOf } from '../../src/train/classifier.js';
import { Ensemble } from '../../src/train/ensemble.js';
import { type EvaluationResult, evaluate } from '../../src/train/evaluate.js';
import { tempered } from '../../src/train/tempered.js';
import { engines, useEngine } from './engines.js';
import { bitsOf, noiseSource } from './training.js';

const source = noiseSource();
const indices = Int32Array.from({ length: 5 }, (_, i) => (7 * i) % 64);

function modelOf(
  seed: number,
  bayesian: ModelOptions['bayesian'],
  estimator: ModelOptions['estimator'],
): Model {
  const posterior = { sigma: 0.1, clamp: 0, meanInit: 'uniform' as const };
  const prior = { kind: 'gaussian', sigma: 0.5 } as const;
  return createModel({ architecture: 'lenet', bayesian, estimator, prior, posterior, seed });
}

/** The evaluation, and the logits of each prediction [images * classes]. */
async function evaluated(model: Model | Classifier, epoch: number, samples = 3, batchSize = 4) {
  const parts: Float64Array[][] = [];
  const sink = {
    addBatch: (logits: readonly Float64Array[]) => parts.push(logits.map((one) => one.slice())),
  };
  const result = await evaluate(model, source, {
    indices,
    samples,
    batchSize,
    epoch,
    keepImages: true,
    sink: sink as never,
  });
  const logits = parts[0].map((_, s) => Float64Array.from(parts.flatMap((batch) => [...batch[s]])));
  return { result, logits };
}

const bitsOfAll = (logits: readonly Float64Array[]) => logits.map((one) => bitsOf(one as never));
const largestDifference = (a: readonly Float64Array[], b: readonly Float64Array[]) =>
  Math.max(...a.flatMap((one, s) => [...one].map((value, i) => Math.abs(value - b[s][i]))));
const meanOf = ({ images }: EvaluationResult) => (images as NonNullable<typeof images>).probabilities;

for (const engine of engines()) {
  describe(`ensembles on ${engine}`, () => {
    beforeAll(() => useEngine(engine));

    it.each([
      ['none', 'lrt'],
      ['all', 'lrt'],
      ['conv', 'weight-sampling'],
    ] as const)('of one run are that run, bit for bit; bayesian: %s, %s', async (bayesian, estimator) => {
      const model = modelOf(4, bayesian, estimator);
      const alone = await evaluated(model, 2);
      // The ensemble's own epoch is another: each member keeps its noise.
      const one = await evaluated(new Ensemble([{ classifier: classifierOf(model), epoch: 2 }]), 9);
      expect(bitsOfAll(one.logits)).toEqual(bitsOfAll(alone.logits));
      expect(one.result).toEqual(alone.result);
      model.dispose();
    });

    it('predict the mean of their members, however many samples each has', async () => {
      const models = [modelOf(1, 'none', 'lrt'), modelOf(2, 'all', 'lrt'), modelOf(3, 'conv', 'flipout')];
      const members = models.map((model, m) => ({ classifier: classifierOf(model), epoch: m }));
      const ensemble = new Ensemble(members);
      expect(ensemble.predictions(3)).toBe(9);
      const { result, logits } = await evaluated(ensemble, 0);
      expect(result.samples).toBe(9);
      const alone: Awaited<ReturnType<typeof evaluated>>[] = [];
      for (const [m, model] of models.entries()) alone.push(await evaluated(model, m));
      const mean = meanOf(alone[0].result).map(
        (_, i) => alone.reduce((sum, { result: own }) => sum + meanOf(own)[i], 0) / 3,
      );
      const off = meanOf(result).reduce((most, p, i) => Math.max(most, Math.abs(p - mean[i])), 0);
      expect(off).toBeLessThan(1e-14);
      // The first predictions are one of each member.
      expect(bitsOfAll(logits.slice(0, 3))).toEqual(alone.map((own) => bitsOfAll(own.logits)[0]));
      expect(bitsOfAll(logits.slice(6))).toEqual(alone.map((own) => bitsOfAll(own.logits).at(-1)));
      expect(result.kl).toBeCloseTo(alone.reduce((sum, own) => sum + own.result.kl, 0) / 3, 6);
      for (const model of models) model.dispose();
    });

    it('take ensembles and tempered runs as members', async () => {
      const models = [modelOf(1, 'none', 'lrt'), modelOf(2, 'all', 'lrt')];
      const [cnn, bayes] = models.map(classifierOf);
      const inner = new Ensemble([
        { classifier: cnn, epoch: 0 },
        { classifier: tempered(cnn, 2), epoch: 0 },
      ]);
      const outer = new Ensemble([
        { classifier: inner, epoch: 0 },
        { classifier: bayes, epoch: 0 },
      ]);
      // 2 of the inner one and 3 samples: 6 each.
      expect(outer.predictions(3)).toBe(12);
      const { result } = await evaluated(outer, 0);
      const plain = (await evaluated(cnn, 0)).logits[0];
      const hot = softmax(
        plain.map((logit) => logit / 2),
        10,
      );
      const drawn = meanOf((await evaluated(bayes, 0)).result);
      const expected = softmax(plain, 10).map((p, i) => p / 4 + hot[i] / 4 + drawn[i] / 2);
      const off = meanOf(result).reduce((most, p, i) => Math.max(most, Math.abs(p - expected[i])), 0);
      expect(off).toBeLessThan(1e-14);
      for (const model of models) model.dispose();
    });

    it('scale every prediction by a temperature, in any batches', async () => {
      const model = modelOf(2, 'all', 'lrt');
      const { logits } = await evaluated(model, 1);
      const halves = logits.map((one) => one.map((logit) => logit / 0.5));
      for (const batchSize of [2, 5]) {
        const scaled = await evaluated(tempered(classifierOf(model), 0.5), 1, 3, batchSize);
        // TensorFlow adds up in another order where the batch has another size.
        if (engine === 'tensorflow') expect(largestDifference(scaled.logits, halves)).toBeLessThan(1e-5);
        else expect(bitsOfAll(scaled.logits)).toEqual(bitsOfAll(halves));
      }
      model.dispose();
    });
  });
}
