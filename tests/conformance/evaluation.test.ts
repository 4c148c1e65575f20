import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type SimdBackend, startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { ARCHITECTURE_NAMES, createModel, type Model, type ModelOptions } from '../../src/models/index.js';
import { gatherImages } from '../../src/ops/index.js';
import { type EvaluationOptions, evaluate } from '../../src/train/evaluate.js';
import { engines, useEngine } from './engines.js';
import { bitsOf, noiseSource } from './training.js';

const MODELS = [
  ['none', 'lrt'],
  ['conv', 'lrt'],
  ['all', 'lrt'],
  ['last', 'lrt'],
  ['conv', 'weight-sampling'],
  ['conv', 'flipout'],
  ['conv', 'mean'],
] as const;
const source = noiseSource();
let backend: SimdBackend;

async function start(threads: number): Promise<void> {
  await loadTfjs();
  backend = await startSimd(threads, false);
}

beforeAll(() => start(2));
afterAll(() => tf.removeBackend('simd'));

function modelOf(bayesian: ModelOptions['bayesian'], estimator: ModelOptions['estimator']): Model {
  const posterior = { sigma: 0.05, clamp: 0, meanInit: 'uniform' as const };
  const prior = { kind: 'gaussian', sigma: 0.5 } as const;
  return createModel({ architecture: 'lenet', bayesian, estimator, prior, posterior, seed: 4 });
}

/** Logits as bits, image by image, and the metrics. */
async function evaluated(model: Model, options: Partial<EvaluationOptions> = {}) {
  const rows: number[][] = [];
  const { images: _, ...metrics } = await evaluate(model, source, {
    indices: Int32Array.from({ length: 21 }, (_, i) => (5 * i) % 64),
    samples: 3,
    batchSize: 500,
    epoch: 2,
    sink: {
      addBatch: (logits, labels) => {
        for (let image = 0; image < labels.length; image++)
          rows.push(logits.flatMap((sample) => [...sample.subarray(10 * image, 10 * image + 10)]));
      },
    },
    ...options,
  });
  return { metrics, logits: bitsOf(Float32Array.from(rows.flat())) };
}

describe.each(MODELS)('evaluation, bayesian: %s, estimator: %s', (bayesian, estimator) => {
  it('has the bits of forward passes sample by sample', async () => {
    const model = modelOf(bayesian, estimator);
    const samples = model.stochastic ? 3 : 1;
    const { logits } = await evaluated(model);
    const alone = tf.tidy(() => {
      const indices = tf.tensor1d(
        Int32Array.from({ length: 21 }, (_, i) => (5 * i) % 64),
        'int32',
      );
      const weights = model.weights(tf.zeros([4], 'int32'));
      const passes = Array.from({ length: samples }, (_, sample) => {
        const clock = tf.tensor1d(Int32Array.of(0x80000000 + 2, sample, 0, 3), 'int32');
        return model.forward(gatherImages(indices, source), weights, { sample: true, clock });
      });
      return bitsOf(tf.stack(passes, 1).dataSync());
    });
    expect(logits).toBe(alone);
    model.dispose();
  });

  it('depends neither on the batch size, nor on replay, nor on what is together', async () => {
    const model = modelOf(bayesian, estimator);
    const whole = await evaluated(model);
    expect(whole.metrics.n).toBe(21);
    for (const batchSize of [1, 4, 21]) expect(await evaluated(model, { batchSize })).toEqual(whole);
    vi.spyOn(backend, 'replay').mockReturnValue(undefined as never);
    expect(await evaluated(model, { batchSize: 5 })).toEqual(whole);
    // A model whose samples do not part is asked for one at a time.
    const apart = Object.create(model, { partsSamples: { value: false } }) as Model;
    expect(await evaluated(apart)).toEqual(whole);
    expect(await evaluated(model, { epoch: 3 })).toEqual(
      model.stochastic ? expect.not.objectContaining({ logits: whole.logits }) : whole,
    );
    model.dispose();
  });

  it('is replayed', async () => {
    const model = modelOf(bayesian, estimator);
    const programs = vi.spyOn(backend.simd, 'run');
    await evaluated(model, { batchSize: 3 });
    // Passes of three images, all samples or one, of which two are recorded.
    const passes = 7 * (model.stochastic && !model.partsSamples ? 3 : 1);
    expect(programs).toHaveBeenCalledTimes(passes - 2);
    model.dispose();
  });

  it('leaves the memory as it was', async () => {
    const model = modelOf(bayesian, estimator);
    const use = () => ({ tensors: tf.memory().numTensors, bytes: backend.simd.heap.usedBytes });
    await evaluated(model);
    const before = use();
    for (let i = 0; i < 3; i++) await evaluated(model);
    await evaluated(model, { samples: 40, batchSize: 2 });
    const after = use();
    // Scratch memory grows to the largest request and stays; nothing else does.
    await evaluated(model, { samples: 40, batchSize: 2 });
    expect(use()).toEqual(after);
    expect(after.tensors).toBe(before.tensors);
    model.dispose();
  });
});

describe('evaluation of other architectures', () => {
  it.each(ARCHITECTURE_NAMES)(
    '%s: depends neither on the batch size nor on what is together',
    async (name) => {
      const posterior = { kind: 'constant', sigma: 0.05, clamp: 0, meanInit: 'uniform' } as const;
      const prior = { kind: 'gaussian', sigma: 0.5 } as const;
      const model = createModel({ architecture: name, bayesian: 'all', prior, posterior, seed: 4 });
      const indices = Int32Array.of(3, 1, 4, 15, 9);
      const whole = await evaluated(model, { indices });
      expect(await evaluated(model, { indices, batchSize: 2 })).toEqual(whole);
      const apart = Object.create(model, { partsSamples: { value: false } }) as Model;
      expect(await evaluated(apart, { indices })).toEqual(whole);
      model.dispose();
    },
  );
});

describe('evaluation on other engines and threads', () => {
  it.each(MODELS)('has the same bits on one to three threads: %s, %s', async (bayesian, estimator) => {
    const results = [];
    for (const threads of [1, 2, 3]) {
      await start(threads);
      const model = modelOf(bayesian, estimator);
      results.push(await evaluated(model));
      model.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  const tested = engines();
  it.each(['conv', 'all'] as const)(
    `of ${tested.join(', ')} agree but for rounding, bayesian: %s`,
    async (bayesian) => {
      const estimator = 'lrt';
      const results = [];
      for (const engine of tested) {
        await useEngine(engine);
        const model = modelOf(bayesian, estimator);
        const indices = Int32Array.of(3, 1, 4, 15, 9);
        results.push((await evaluated(model, { indices })).metrics);
        model.dispose();
      }
      for (const [i, result] of results.entries())
        for (const [name, value] of Object.entries(results[0]))
          expect(result[name as 'nll'], `${name} on ${tested[i]}`).toBeCloseTo(
            value as number,
            name === 'kl' ? 0 : 5,
          );
    },
  );
});
