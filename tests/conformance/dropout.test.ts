import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { createModel, type Model, type ModelOptions } from '../../src/models/index.js';
import { dropout, gatherImages } from '../../src/ops/index.js';
import { streamKey } from '../../src/rng.js';
import { evaluate } from '../../src/train/evaluate.js';
import { evaluationClock } from '../../src/train/evaluation-clock.js';
import { compare, normal, relativeError, TOLERANCES } from './compare.js';
import { engines, useEngine } from './engines.js';
import { bitsOf, noiseSource, Training } from './training.js';

const key = streamKey(5, 'dropout/conv1');
const source = noiseSource();
const MC: ModelOptions['dropout'] = { rate: 0.3, layers: 'all', sampled: true };
const clockAt = (step: number, sample: number, first: number) =>
  tf.tensor1d(Int32Array.of(step, sample, first, 0), 'int32');

function modelOf(more: Partial<ModelOptions> = {}): Model {
  const posterior = { sigma: 0.05, clamp: 0, meanInit: 'uniform' as const };
  const prior = { kind: 'gaussian', sigma: 0.5 } as const;
  return createModel({
    architecture: 'lenet',
    bayesian: 'none',
    prior,
    posterior,
    seed: 4,
    dropout: MC,
    ...more,
  });
}

beforeAll(async () => {
  await loadTfjs();
  await startSimd(2, false);
});
afterAll(() => tf.removeBackend('simd'));

describe('the op', () => {
  const clock = { shape: [4], values: Float32Array.of(7, 2, 100, 0), dtype: 'int32' as const };

  it.each([[[3, 5, 4, 3]], [[4, 400]], [[2, 17]], [[5, 1]]])(
    'of %j is that of the composition, with its gradient',
    (shape) =>
      compare(
        { x: normal('x', shape), clock },
        (t) => dropout(t.x, { clock: t.clock as tf.Tensor1D, key, rate: 0.4 }),
        1e-9,
      ),
  );

  it('has the bits of the composition on any number of threads, with samples side by side', async () => {
    const bits: string[] = [];
    const draw = () => {
      const x = tf.tensor(normal('x', [6, 37]).values, [6, 37]);
      const parts = { clock: clockAt(3, 1, 9), key, rate: 0.25, samples: 4, repeat: 4 };
      bits.push(bitsOf(dropout(x, parts).dataSync()));
      // Samples that parted before: a mask a row.
      bits.push(bitsOf(dropout(x, { ...parts, samples: 3, repeat: 1 }).dataSync()));
    };
    await tf.setBackend('cpu');
    draw();
    for (const threads of [1, 3]) {
      tf.removeBackend('simd');
      await startSimd(threads, false);
      draw();
    }
    expect(bits[2]).toBe(bits[0]);
    expect(bits[3]).toBe(bits[1]);
    expect(bits.slice(4)).toEqual(bits.slice(2, 4));
  });

  it('names a rate that is none', () => {
    const draw = () => dropout(tf.zeros([1, 2]), { clock: clockAt(0, 0, 0), key, rate: 1 });
    expect(draw).toThrow('dropout: the rate must be in [0, 1), got 1');
  });
});

describe('a network with dropout', () => {
  it('is trained by steps that are replayed, with the bits of steps that are not', async () => {
    const training = new Training('none', source, { model: { dropout: MC } });
    const results = training.run([8, 8, 8, 8, 8]);
    expect(training.step.obstacle).toBeUndefined();
    const bits = training.bits();
    training.dispose();
    const eager = new Training('none', source, { model: { dropout: MC } });
    const backend = tf.backend() as unknown as { replay: unknown };
    const { replay } = backend;
    backend.replay = undefined;
    expect(eager.run([8, 8, 8, 8, 8])).toEqual(results);
    expect(eager.bits()).toEqual(bits);
    backend.replay = replay;
    eager.dispose();
    const plain = new Training('none', source);
    expect(plain.run([8])[0].nll).not.toBe(results[0].nll);
    plain.dispose();
  });

  const tested = engines().filter((name) => name !== 'cpu');
  it.each(tested)(
    'on %s predicts with a mask an image and sample, whatever is evaluated together',
    async (engine) => {
      await useEngine(engine);
      // Exactly on simd: TensorFlow adds up in another order where the batch has another size.
      const expectSame = (got: number[][], wanted: number[][]) => {
        if (engine === 'simd') expect(got).toEqual(wanted);
        else expect(relativeError(got.flat(), wanted.flat())).toBeLessThan(TOLERANCES.tensorflow.forward);
      };
      for (const more of [
        {},
        { bayesian: 'last' },
        { bayesian: 'conv', estimator: 'weight-sampling' },
      ] as const) {
        const model = modelOf(more);
        expect(model.stochastic).toBe(true);
        const indices = Int32Array.of(3, 9, 4, 60, 12);
        const drawn: number[][][] = [];
        for (const batchSize of [2, 5]) {
          const rows: number[][] = [];
          const sink = {
            addBatch: (logits: readonly Float64Array[], labels: Uint8Array) => {
              for (let b = 0; b < labels.length; b++)
                for (const one of logits) rows.push([...one.subarray(10 * b, 10 * b + 10)]);
            },
          };
          await evaluate(model, source, { indices, samples: 3, batchSize, epoch: 2, sink });
          drawn.push(rows);
        }
        expectSame(drawn[1], drawn[0]);
        // The same by forward passes of one sample each.
        const passes = tf.tidy(() => {
          const weights = model.weights(clockAt(0, 0, 0));
          const x = gatherImages(tf.tensor1d(indices.slice(), 'int32'), source);
          const each = [0, 1, 2].map((sample) =>
            model.forward(x, weights, {
              sample: true,
              clock: tf.tensor1d(evaluationClock(2, sample, 0), 'int32'),
            }),
          );
          return tf.reshape(tf.stack(each, 1), [15, 10]).arraySync() as number[][];
        });
        expectSame(drawn[0], passes);
        expect(passes[0]).not.toEqual(passes[1]);
        model.dispose();
      }
    },
  );

  it('of training alone predicts without, and the rate 0 is none at all', async () => {
    await useEngine('simd');
    const [trained, none] = [
      modelOf({ dropout: { ...MC, sampled: false } }),
      modelOf({ dropout: { ...MC, rate: 0 } }),
    ];
    expect([trained.stochastic, none.stochastic]).toEqual([false, false]);
    tf.tidy(() => {
      const x = gatherImages(tf.tensor1d(Int32Array.of(1, 2), 'int32'), source);
      const clock = clockAt(1, 0, 0);
      const bits = (model: Model, training: boolean) =>
        bitsOf(model.forward(x, model.weights(), { sample: true, training, clock }).dataSync());
      expect(bits(trained, false)).toBe(bits(none, false));
      expect(bits(none, true)).toBe(bits(none, false));
      expect(bits(trained, true)).not.toBe(bits(none, true));
    });
    for (const model of [trained, none]) model.dispose();
  });
});
