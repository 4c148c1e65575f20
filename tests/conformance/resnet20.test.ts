import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type SimdBackend, startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { createModel, type Model, type ModelOptions, meansOf } from '../../src/models/index.js';
import { torchShape } from '../../src/models/layout.js';
import { exportTensor, type NamedVariable } from '../../src/models/named-variable.js';
import { softmaxCrossEntropy } from '../../src/ops/index.js';
import { engines, useEngine } from './engines.js';
import { RESNET20_GOLDEN } from './golden-resnet20.js';
import { expectClose, image, Lcg } from './goldens.js';
import { noiseSource, Training } from './training.js';

const OPTIONS: ModelOptions = {
  architecture: 'resnet20',
  bayesian: 'none',
  prior: { kind: 'gaussian', sigma: 0.1 },
  posterior: { sigma: 0.02, clamp: 0, meanInit: 'uniform' },
  seed: 2,
};

function build(more: Partial<ModelOptions> = {}): Model {
  return createModel({ ...OPTIONS, ...more });
}

/** The golden's parameters, by its formula; running statistics as they start. */
function golden(): Model {
  const model = build();
  let bound = 0;
  const entries = model.parameters.map(({ name, layout }, i) => {
    const shape = torchShape(layout);
    if (name.endsWith('.weight')) bound = Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b, 1));
    const { data } = new Lcg(100 + i).uniform(shape, -bound, bound);
    const norm = /bn\d\./.test(name);
    const value = (v: number) => (norm ? v / 4 + Number(name.endsWith('.weight')) : v);
    return [name, { shape, data: Float32Array.from(data, value) }] as const;
  });
  model.fromTorch({ ...model.toTorch(), ...Object.fromEntries(entries) });
  return model;
}

function images(count: number): tf.Tensor4D {
  return image(new Lcg(200).uniform([count, 3, 32, 32], -1, 1));
}

function norm({ variable, layout }: NamedVariable, tensor: tf.Tensor = variable): number {
  return Math.sqrt(exportTensor(tensor, layout).data.reduce((sum, value) => sum + value * value, 0));
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/**
 * How far an engine may be from PyTorch in float64: logits and loss in training, logits in evaluation to their largest, norms of
 * gradients (rounding turns a few ReLUs, and twenty layers pass it on: 4e-3 at the first one) and of running statistics.
 */
const WITHIN = {
  simd: { training: 2e-4, evaluation: 2e-5, gradients: 1e-2, buffers: 1e-5 },
  tensorflow: { training: 2e-4, evaluation: 2e-5, gradients: 1e-2, buffers: 1e-5 },
};

// The plain JavaScript engine would take a minute.
const tested = engines().filter((name) => name !== 'cpu') as (keyof typeof WITHIN)[];
describe.each(tested)('resnet20 on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  it('has its parameters under torchvision names, and a posterior where it is asked for', () => {
    const model = build();
    expect(model.parameterCount).toBe(RESNET20_GOLDEN.parameters);
    expect(model.parameters.map(({ name }) => name)).toEqual(Object.keys(RESNET20_GOLDEN.gradients));
    expect(model.buffers.map(({ name }) => name)).toEqual(Object.keys(RESNET20_GOLDEN.buffers));
    const of = (bayesian: ModelOptions['bayesian']) => build({ bayesian });
    expect(of('conv').bayesianLayers).toHaveLength(19);
    expect(of('last').bayesianLayers).toEqual(['fc']);
    expect(of(['layer2.1.conv2', 'fc']).bayesianLayers).toEqual(['layer2.1.conv2', 'fc']);
    expect(() => of(['bn1'])).toThrow(/layers of resnet20 wanted, got bn1/);
    // Twice the weights of convolutions and the dense layer; scale and shift of 19 batch norms stay plain.
    const plain = 2 * (7 * 16 + 6 * 32 + 6 * 64);
    expect(of('all').parameterCount).toBe(2 * (RESNET20_GOLDEN.parameters - plain) + plain);
  });

  it("gives PyTorch's logits, gradients and running statistics in training, then its logits in evaluation", () => {
    const model = golden();
    const labels = tf.tensor1d([3, 7, 1, 0], 'int32');
    let logits: tf.Tensor2D | undefined;
    const { value, grads } = tf.variableGrads(
      () => {
        logits = tf.keep(model.forward(images(4), model.weights(), { sample: false, training: true }));
        return softmaxCrossEntropy(logits, labels).loss;
      },
      model.parameters.map(({ variable }) => variable),
    );
    const { loss, gradients, buffers, evaluation } = RESNET20_GOLDEN;
    const within = WITHIN[engine];
    expectClose('logits', (logits as tf.Tensor2D).dataSync(), RESNET20_GOLDEN.logits, within.training);
    expect(Math.abs(value.dataSync()[0] - loss)).toBeLessThan(within.training);
    for (const parameter of model.parameters) {
      const wanted = gradients[parameter.name as keyof typeof gradients];
      const got = norm(parameter, grads[parameter.variable.name]);
      expect(Math.abs(got / wanted - 1), parameter.name).toBeLessThan(within.gradients);
    }
    for (const buffer of model.buffers) {
      const wanted = buffers[buffer.name as keyof typeof buffers];
      expect(Math.abs(norm(buffer) / wanted - 1), buffer.name).toBeLessThan(within.buffers);
    }
    const evaluated = model.forward(images(4), model.weights(), { sample: false }).dataSync();
    expectClose('evaluation', evaluated, evaluation, within.evaluation * largest(evaluation));
    for (const buffer of model.buffers) {
      const wanted = buffers[buffer.name as keyof typeof buffers];
      expect(Math.abs(norm(buffer) / wanted - 1), `${buffer.name} after evaluation`).toBeLessThan(
        within.buffers,
      );
    }
    model.dispose();
  });

  it('keeps its running statistics in checkpoints', () => {
    const model = golden();
    model.forward(images(4), model.weights(), { sample: false, training: true });
    const copy = build({ seed: 9 });
    copy.fromTorch(model.toTorch());
    const of = (one: Model) => one.forward(images(2), one.weights(), { sample: false }).dataSync();
    expect(of(copy)).toEqual(of(model));
    expect(Object.keys(model.toTorch())).toContain('layer3.2.bn2.running_var');
  });

  it('with sigma near 0 gives the logits of its CNN, also where samples part inside a block', () => {
    const posterior = { sigma: 1e-9, clamp: 0, meanInit: 'uniform' } as const;
    for (const bayesian of ['all', ['layer2.0.conv2']] as const) {
      const twin = build({ bayesian, posterior });
      const network = build();
      network.fromTorch(meansOf(twin.toTorch()));
      const clock = tf.tensor1d([3, 0, 0, 0], 'int32');
      const run = { sample: true, clock, samples: 2 };
      const drawn = twin.forward(images(2), twin.weights(clock), run);
      const wanted = network.forward(images(2), network.weights(), { sample: false });
      const twice = tf.gather(wanted, [0, 0, 1, 1]).dataSync();
      expect(largest([...twice])).toBeGreaterThan(0.01);
      expectClose('logits', drawn.dataSync(), twice, 1e-4 * largest([...twice]));
    }
  });
});

describe.each(['none', ['layer1.0.conv1', 'layer2.0.conv2', 'fc']] as const)(
  'training resnet20 on simd, bayesian: %j',
  (bayesian) => {
    const source = noiseSource();

    async function train(threads: number, replayed = true) {
      await loadTfjs();
      const backend = (await startSimd(threads, false)) as SimdBackend;
      const programs = vi.spyOn(backend.simd, 'run');
      if (!replayed) vi.spyOn(backend, 'replay').mockReturnValue(undefined as never);
      const model = { architecture: 'resnet20', posterior: OPTIONS.posterior } as const;
      const training = new Training(bayesian, source, { model });
      const losses = training.run([3, 3, 3, 3, 3]);
      const result = { losses, weights: training.bits() };
      expect(training.step.obstacle).toBeUndefined();
      expect(programs).toHaveBeenCalledTimes(replayed ? 2 : 0);
      training.dispose();
      return result;
    }

    it('is replayed, with the bits of eager steps and of any number of threads', async () => {
      const one = await train(1);
      expect(one.losses.every(({ nll }) => Number.isFinite(nll))).toBe(true);
      expect(await train(1, false)).toEqual(one);
      expect(await train(3)).toEqual(one);
    });
  },
);
