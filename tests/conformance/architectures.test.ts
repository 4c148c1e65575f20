import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type SimdBackend, startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import {
  createModel,
  type Model,
  type ModelOptions,
  meansOf,
  type TorchRecord,
} from '../../src/models/index.js';
import { torchShape } from '../../src/models/layout.js';
import { exportTensor } from '../../src/models/named-variable.js';
import { softmaxCrossEntropy } from '../../src/ops/index.js';
import { engines, useEngine } from './engines.js';
import { expectClose, image, Lcg } from './goldens.js';
import { ARCHITECTURE_GOLDENS, type ArchitectureGolden } from './goldens-architectures.js';
import { noiseSource, Training } from './training.js';

type Name = keyof typeof ARCHITECTURE_GOLDENS;
const NAMES = Object.keys(ARCHITECTURE_GOLDENS) as Name[];

function build(architecture: Name, more: Partial<ModelOptions> = {}): Model {
  return createModel({
    architecture,
    bayesian: 'none',
    prior: { kind: 'gaussian', sigma: 0.1 },
    posterior: { sigma: 0.02, clamp: 0, meanInit: 'uniform' },
    seed: 2,
    ...more,
  });
}

/** The golden's parameters, by its formula. */
function formula(model: Model): TorchRecord {
  let bound = 0;
  const entries = model.parameters.map(({ name, layout }, i) => {
    const shape = torchShape(layout);
    // A bias follows its weight and shares its bound.
    if (name.endsWith('.weight')) bound = Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b, 1));
    const { data } = new Lcg(100 + i).uniform(shape, -bound, bound);
    return [name, { shape, data: Float32Array.from(data) }];
  });
  return Object.fromEntries(entries);
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

describe.each(NAMES)('%s', (architecture) => {
  beforeAll(() => useEngine('cpu'));

  it('has its parameters, and twice as many with a posterior everywhere', () => {
    const { parameters, gradients } = ARCHITECTURE_GOLDENS[architecture];
    const model = build(architecture);
    expect(model.parameterCount).toBe(parameters);
    expect(model.parameters.map(({ name }) => name)).toEqual(Object.keys(gradients));
    expect(build(architecture, { bayesian: 'all' }).parameterCount).toBe(2 * parameters);
  });

  it('can have a posterior in its convolutions, its last layer, or layers by name', () => {
    const layers = [...new Set(build(architecture).parameters.map(({ name }) => name.split('.')[0]))];
    const convs = layers.filter((name) => name.startsWith('conv'));
    const of = (bayesian: ModelOptions['bayesian']) => build(architecture, { bayesian }).bayesianLayers;
    expect(of('conv')).toEqual(convs);
    expect(of('all')).toEqual(layers);
    expect(of('last')).toEqual(layers.slice(-1));
    expect(of([layers.at(-1) as string, 'conv2'])).toEqual(['conv2', layers.at(-1)]);
    expect(() => of(['fc9'])).toThrow(new RegExp(`layers of ${architecture} wanted, got fc9`));
  });
});

/** Logits of the golden's images. */
function logitsOf(model: Model): tf.Tensor2D {
  return model.forward(image(new Lcg(200).uniform([2, 3, 32, 32], -1, 1)), model.weights(), {
    sample: false,
  });
}

for (const engine of engines()) {
  describe.each(NAMES)(`%s on ${engine}`, (architecture) => {
    beforeAll(() => useEngine(engine));

    it('gives the logits of PyTorch', () => {
      const golden = ARCHITECTURE_GOLDENS[architecture];
      const model = build(architecture);
      model.fromTorch(formula(model));
      expectClose('logits', logitsOf(model).dataSync(), golden.logits, 2e-5);
      model.dispose();
    });

    // The plain JavaScript engine would take a minute.
    it.skipIf(engine === 'cpu')('gives the gradients of PyTorch', () => {
      const golden = ARCHITECTURE_GOLDENS[architecture];
      const model = build(architecture);
      model.fromTorch(formula(model));
      expectGradients(model, golden);
      model.dispose();
    });

    it('with sigma near 0 gives the logits of its CNN', () => {
      const posterior = { sigma: 1e-9, clamp: 0, meanInit: 'uniform' } as const;
      const twin = build(architecture, { bayesian: 'all', posterior });
      const network = build(architecture);
      network.fromTorch(meansOf(twin.toTorch()));
      const x = image(new Lcg(7).uniform([1, 3, 32, 32], -1, 1));
      const clock = tf.tensor1d([3, 0, 0, 0], 'int32');
      const drawn = twin.forward(x, twin.weights(clock), { sample: true, clock }).dataSync();
      const wanted = network.forward(x, network.weights(), { sample: false }).dataSync();
      expect(norm(wanted as Float32Array)).toBeGreaterThan(0.01);
      expectClose('logits', drawn, wanted, 1e-6);
      twin.dispose();
      network.dispose();
    });
  });
}

function expectGradients(model: Model, golden: ArchitectureGolden): void {
  const labels = tf.tensor1d([3, 7], 'int32');
  const { value, grads } = tf.variableGrads(
    () => softmaxCrossEntropy(logitsOf(model), labels).loss,
    model.parameters.map(({ variable }) => variable),
  );
  expect(Math.abs(value.dataSync()[0] - golden.loss)).toBeLessThan(1e-5);
  for (const { name, variable, layout } of model.parameters) {
    const got = norm(exportTensor(grads[variable.name], layout).data);
    expect(Math.abs(got / golden.gradients[name] - 1), name).toBeLessThan(1e-4);
  }
}

describe.each(NAMES)('training %s on simd', (architecture) => {
  const source = noiseSource();
  const SIZES = [2, 2, 2, 2, 2];

  async function train(threads: number, replayed = true) {
    await loadTfjs();
    const backend = (await startSimd(threads, false)) as SimdBackend;
    const programs = vi.spyOn(backend.simd, 'run');
    if (!replayed) vi.spyOn(backend, 'replay').mockReturnValue(undefined as never);
    const training = new Training('all', source, { model: { architecture, posterior: START } });
    const losses = training.run(SIZES);
    const result = { losses, weights: training.bits() };
    expect(training.step.obstacle).toBeUndefined();
    // The first step and two recordings are eager.
    expect(programs).toHaveBeenCalledTimes(replayed ? 2 : 0);
    training.dispose();
    return result;
  }

  it('is replayed, with the bits of eager steps and of any number of threads', async () => {
    const one = await train(1);
    expect(one.losses.every(({ nll, kl }) => Number.isFinite(nll) && Number.isFinite(kl))).toBe(true);
    expect(await train(1, false)).toEqual(one);
    // Three share no size evenly; one to four: replay.test.ts.
    expect(await train(3)).toEqual(one);
  });
});

const START = { sigma: 0.02, clamp: 0, meanInit: 'uniform' } as const;
