import { beforeAll, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { createModel, type Model, type ModelOptions } from '../../src/models/index.js';
import {
  gatherImages,
  overlappingPool,
  softmaxCrossEntropy,
  softplusActivation,
} from '../../src/ops/index.js';
import { compare, normal } from './compare.js';
import { engines, useEngine } from './engines.js';
import { noiseSource, Training } from './training.js';

const source = noiseSource();

function build(architecture: ModelOptions['architecture']): Model {
  const posterior = { sigma: 0.02, clamp: 0, meanInit: 'uniform' as const };
  const prior = { kind: 'gaussian', sigma: 0.1 } as const;
  return createModel({ architecture, activation: 'softplus', bayesian: 'none', prior, posterior, seed: 2 });
}

describe('the ops', () => {
  beforeAll(async () => {
    await loadTfjs();
    if (tf.findBackend('simd') === null) await startSimd(2, false);
  });

  it.each([[[3]], [[2, 5, 5, 6]], [[4, 129]]])('softplus of %j is that of the composition', (shape) =>
    compare({ x: normal('x', shape, 8) }, (t) => softplusActivation(t.x), 2e-6),
  );

  it.each([[[2, 7, 7, 6]], [[1, 3, 3, 1]], [[3, 32, 32, 5]], [[2, 8, 6, 16]]])(
    'the overlapping pool of %j is that of the composition, with its gradient',
    (shape) => compare({ x: normal('x', shape) }, (t) => overlappingPool(t.x as tf.Tensor4D), 1e-6),
  );

  it('gives the gradient of equal values to the first', async () => {
    for (const engine of ['cpu', 'simd']) {
      await tf.setBackend(engine);
      const dx = tf.grad((x) => tf.sum(overlappingPool(x as tf.Tensor4D)))(tf.ones([1, 5, 5, 1]));
      // Four windows of ones, each starting where its gradient goes.
      const expected = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
      expect([...dx.dataSync()], engine).toEqual(expected);
    }
  });

  it('names maps that no window fits', () => {
    expect(() => overlappingPool(tf.zeros([1, 2, 3, 1]))).toThrow('x must be at least 3 x 3, got [1,2,3,1]');
  });
});

/** The forward pass of 3Conv3FC as PyTorch-BayesianCNN writes it: softplus before each pool of 3x3 with stride 2. */
function original(model: Model, x: tf.Tensor4D): tf.Tensor2D {
  const of = (name: string) => model.parameters.find((one) => one.name === name)?.variable as tf.Tensor;
  let maps = x;
  for (const [name, padding] of [
    ['conv1', 2],
    ['conv2', 2],
    ['conv3', 1],
  ] as const) {
    const around: [number, number] = [padding, padding];
    const padded = tf.pad4d(maps, [[0, 0], around, around, [0, 0]]);
    const y = tf.add(tf.conv2d(padded, of(`${name}.weight`) as tf.Tensor4D, 1, 'valid'), of(`${name}.bias`));
    maps = tf.maxPool(tf.softplus(y) as tf.Tensor4D, 3, 2, 'valid');
  }
  expect(maps.shape.slice(1)).toEqual([2, 2, 128]);
  let y = tf.reshape(maps, [x.shape[0], 512]) as tf.Tensor2D;
  for (const name of ['fc1', 'fc2', 'fc3']) {
    y = tf.add(tf.matMul(y, of(`${name}.weight`) as tf.Tensor2D), of(`${name}.bias`)) as tf.Tensor2D;
    if (name !== 'fc3') y = tf.softplus(y);
  }
  return y;
}

/** The network's loss on one image, by its own ops or as the original has it, and the gradient of each parameter. */
function gradients(model: Model, own: boolean): { loss: number; of: Record<string, Float32Array> } {
  const labels = tf.tensor1d(Int32Array.of(3), 'int32');
  const x = gatherImages(tf.tensor1d(Int32Array.of(1), 'int32'), source);
  const forward = () => {
    const logits = own ? model.forward(x, model.weights(), { sample: true }) : original(model, x);
    return softmaxCrossEntropy(logits, labels).loss;
  };
  const variables = model.parameters.map(({ variable }) => variable);
  const { value, grads } = tf.variableGrads(forward, variables);
  const entries = model.parameters.map(({ name, variable }) => {
    return [name, grads[variable.name].dataSync() as Float32Array] as const;
  });
  return { loss: value.dataSync()[0], of: Object.fromEntries(entries) };
}

let wanted: ReturnType<typeof gradients>;
// Once: the plain JavaScript engine takes seconds, and others have no faster kernels for the original's pool.
beforeAll(async () => {
  await useEngine('cpu');
  const model = build('3conv3fc-pool3');
  wanted = gradients(model, false);
  model.dispose();
});

for (const engine of engines()) {
  describe(`softplus networks on ${engine}`, () => {
    beforeAll(() => useEngine(engine));

    it("give the logits and gradients of PyTorch-BayesianCNN's own order of operations", () => {
      const model = build('3conv3fc-pool3');
      expect(model.parameterCount).toBe(1_782_634);
      const got = gradients(model, true);
      expect(got.loss).toBeCloseTo(wanted.loss, 5);
      for (const { name } of model.parameters) {
        const [a, b] = [got.of[name], wanted.of[name]];
        const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const off = b.reduce((most, value, i) => Math.max(most, Math.abs(value - a[i])), 0);
        expect(off / largest, name).toBeLessThan(2e-4);
      }
      model.dispose();
    });
  });
}

it('softplus networks are trained by replayed steps', async () => {
  await useEngine('simd');
  for (const bayesian of ['none', 'all'] as const) {
    const training = new Training(bayesian, source, {
      model: { activation: 'softplus' },
      optimizer: { kind: 'adam' },
    });
    const results = training.run([8, 8, 8, 8]);
    expect(training.step.obstacle).toBeUndefined();
    expect(results.every(({ nll }) => Number.isFinite(nll))).toBe(true);
    training.dispose();
  }
});
