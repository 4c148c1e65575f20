import { beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, tf } from '../../../src/backends/tfjs.js';
import { createModel, type ModelOptions } from '../../../src/models/index.js';
import { softmaxCrossEntropy } from '../../../src/ops/index.js';
import { Stream, streamKey } from '../../../src/rng.js';

beforeAll(async () => {
  await loadTfjs();
  await tf.setBackend('cpu');
});

const OPTIONS: ModelOptions = {
  architecture: 'lenet',
  bayesian: 'none',
  prior: { kind: 'gaussian', sigma: 1 },
  posterior: { sigma: 0.05, clamp: 0, meanInit: 'uniform' },
  seed: 0,
};
const ALL: ModelOptions = { ...OPTIONS, bayesian: 'all' };
const MIXTURE = { kind: 'scale-mixture', pi: 0.5, sigma1: 1, sigma2: 0.1 } as const;

function images(count: number): tf.Tensor4D {
  const stream = new Stream(streamKey(9, 'images'));
  return tf.tensor4d(
    Float32Array.from({ length: count * 3072 }, () => 2 * stream.uniform() - 1),
    [count, 32, 32, 3],
  );
}

function clock(step: number, sample = 0, first = 0): tf.Tensor1D {
  return tf.tensor1d([step, sample, first, 0], 'int32');
}

describe('parameters', () => {
  it.each([
    ['none', 62006, []],
    ['conv', 62006 + 456 + 2416, ['conv1', 'conv2']],
    ['all', 124012, ['conv1', 'conv2', 'fc1', 'fc2', 'fc3']],
    ['last', 62006 + 850, ['fc3']],
  ] as const)('bayesian %s: %i', (bayesian, count, layers) => {
    const model = createModel({ ...OPTIONS, bayesian });
    expect(model.parameterCount).toBe(count);
    expect(model.bayesianLayers).toEqual(layers);
    expect(model.weights().kl === null).toBe(layers.length === 0);
  });

  it('have PyTorch names, shapes and order', () => {
    const record = createModel({ ...OPTIONS, bayesian: 'conv' }).toTorch();
    expect(
      Object.entries(record)
        .slice(0, 4)
        .map(([name, { shape }]) => [name, ...shape]),
    ).toEqual([
      ['conv1.weight_mu', 6, 3, 5, 5],
      ['conv1.weight_rho', 6, 3, 5, 5],
      ['conv1.bias_mu', 6],
      ['conv1.bias_rho', 6],
    ]);
    expect(record['fc1.weight'].shape).toEqual([120, 400]);
  });

  it('start as in PyTorch: uniform within 1 / sqrt(fan_in), filling that range', () => {
    const record = createModel(OPTIONS).toTorch();
    for (const [name, fanIn] of [
      ['conv1.weight', 75],
      ['conv2.weight', 150],
      ['fc1.weight', 400],
    ] as const) {
      const { data } = record[name];
      const bound = 1 / Math.sqrt(fanIn);
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest).toBeLessThanOrEqual(bound);
      expect(largest).toBeGreaterThan(0.97 * bound);
      const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
      expect(Math.abs((3 * variance) / bound ** 2 - 1)).toBeLessThan(0.15);
    }
    expect(record['conv1.bias'].data.every((value) => Math.abs(value) <= 1 / Math.sqrt(75))).toBe(true);
  });

  it('depend on the seed and the parameter name alone', () => {
    const plain = createModel(OPTIONS).toTorch();
    expect(createModel(OPTIONS).toTorch()).toEqual(plain);
    expect(createModel({ ...OPTIONS, seed: 1 }).toTorch()['fc3.bias'].data).not.toEqual(
      plain['fc3.bias'].data,
    );
    const partly = createModel({ ...OPTIONS, bayesian: 'conv' }).toTorch();
    expect(partly['fc1.weight']).toEqual(plain['fc1.weight']);
  });

  it('sigma is what was asked for, and the notebook start is an option', () => {
    const rho = createModel(ALL).toTorch()['fc2.weight_rho'].data;
    expect(Math.log1p(Math.exp(rho[5]))).toBeCloseTo(0.05, 6);
    const posterior = {
      kind: 'notebook',
      rhoLow: -3,
      rhoHigh: 3,
      clamp: 1e-4,
      meanInit: 'normal',
    } as const;
    const notebook = createModel({ ...ALL, posterior }).toTorch();
    const { data } = notebook['fc1.weight_mu'];
    expect(Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length)).toBeCloseTo(0.1, 2);
    const range = notebook['fc1.weight_rho'].data;
    expect(Math.min(...range)).toBeLessThan(-2.9);
    expect(Math.max(...range)).toBeGreaterThan(2.9);
  });
});

describe('records in PyTorch form', () => {
  it('carry a model over exactly', () => {
    const [a, b] = [createModel(ALL), createModel({ ...ALL, seed: 5 })];
    b.fromTorch(a.toTorch());
    expect(b.toTorch()).toEqual(a.toTorch());
    const run = (m: typeof a) => m.forward(images(2), m.weights(), { sample: false }).dataSync();
    expect(run(b)).toEqual(run(a));
  });

  it('are refused whole when a name or a shape does not fit', () => {
    const model = createModel(OPTIONS);
    const before = model.toTorch();
    const twin = createModel(ALL).toTorch();
    expect(() => model.fromTorch(twin)).toThrow(/none of conv1.weight, .* and unexpected conv1.weight_mu/);
    const { 'fc3.bias': _, ...short } = before;
    expect(() => model.fromTorch(short)).toThrow(/got none of fc3.bias$/);
    const bent = { ...before, 'fc3.bias': { shape: [11], data: new Float32Array(11) } };
    expect(() => model.fromTorch(bent)).toThrow(/fc3.bias must be \[10\], got \[11\] with 11 values/);
    expect(model.toTorch()).toEqual(before);
  });
});

describe('forward', () => {
  it('the noise depends on step and sample, not on the split of the batch', () => {
    const model = createModel(ALL);
    const x = images(4);
    const run = (input: tf.Tensor4D, at: tf.Tensor1D) => [
      ...model.forward(input, model.weights(), { sample: true, clock: at }).dataSync(),
    ];
    const whole = run(x, clock(3));
    expect(run(x, clock(3))).toEqual(whole);
    expect(run(x, clock(4))).not.toEqual(whole);
    expect(run(x, clock(3, 1))).not.toEqual(whole);
    expect(run(tf.slice4d(x, [2, 0, 0, 0], [2, 32, 32, 3]), clock(3, 0, 2))).toEqual(whole.slice(20));
  });

  it('without sampling it is the network of the means', () => {
    const twin = createModel(ALL);
    const record = Object.entries(twin.toTorch()).filter(([name]) => name.endsWith('_mu'));
    const network = createModel(OPTIONS);
    network.fromTorch(Object.fromEntries(record.map(([name, tensor]) => [name.replace('_mu', ''), tensor])));
    const mean = twin.forward(images(2), twin.weights(), { sample: false });
    expect(mean.dataSync()).toEqual(
      network.forward(images(2), network.weights(), { sample: false }).dataSync(),
    );
  });

  it('the mean of many samples approaches the mean network where sigma is small', () => {
    const model = createModel({ ...ALL, posterior: { sigma: 1e-6, clamp: 0, meanInit: 'uniform' } });
    const weights = model.weights();
    const sampled = model.forward(images(2), weights, { sample: true, clock: clock(0) }).dataSync();
    const mean = model.forward(images(2), weights, { sample: false }).dataSync();
    for (const [i, value] of sampled.entries()) expect(Math.abs(value - mean[i])).toBeLessThan(1e-4);
    expect(sampled).not.toEqual(mean);
  });

  it('needs a clock or an epsilon to sample, and NHWC images', () => {
    const model = createModel(ALL);
    expect(() => model.forward(images(1), model.weights(), { sample: true })).toThrow(
      /conv1: a clock or an epsilon/,
    );
    const wrong = tf.zeros<tf.Rank.R4>([1, 3, 32, 32]);
    expect(() => model.forward(wrong, model.weights(), { sample: false })).toThrow(
      /images must be \[B, 32, 32, 3\]/,
    );
  });

  it('a step leaves no tensors behind', () => {
    const model = createModel(ALL);
    const variables = model.parameters.map(({ variable }) => variable);
    const x = images(2);
    const labels = tf.tensor1d([1, 2], 'int32');
    const at = clock(0);
    const step = () =>
      tf.tidy(() => {
        tf.variableGrads(() => {
          const weights = model.weights();
          const logits = model.forward(x, weights, { sample: true, clock: at });
          return tf.add(softmaxCrossEntropy(logits, labels).loss, weights.kl as tf.Scalar);
        }, variables);
      });
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('KL', () => {
  it("the mixture's estimate averages to the closed form where the mixture is one Gaussian", () => {
    const closed = createModel(ALL).weights().kl?.dataSync()[0] as number;
    const model = createModel({ ...ALL, prior: { kind: 'scale-mixture', pi: 0.5, sigma1: 1, sigma2: 1 } });
    const draws = Array.from({ length: 16 }, (_, i) =>
      tf.tidy(() => model.weights(clock(i)).kl?.dataSync()[0] as number),
    );
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    const deviation = Math.sqrt(
      draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (draws.length - 1),
    );
    expect(deviation).toBeGreaterThan(0);
    expect(Math.abs(mean - closed)).toBeLessThan((4 * deviation) / Math.sqrt(draws.length) + 1e-6 * closed);
  });

  it('a mixture needs a clock; its estimate ignores the image position', () => {
    const model = createModel({ ...ALL, prior: MIXTURE });
    expect(() => model.weights()).toThrow(/conv1.weight: this prior's KL is drawn and needs a clock/);
    const [a, b, c] = [clock(1), clock(1, 0, 64), clock(2)].map((at) => model.weights(at).kl?.dataSync()[0]);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });

  it('a mixture gives gradients to mu and rho', () => {
    const model = createModel({ ...ALL, prior: MIXTURE });
    const variables = model.parameters.map(({ variable }) => variable);
    const { grads } = tf.variableGrads(() => model.weights(clock(0)).kl as tf.Scalar, variables);
    for (const { name, variable } of model.parameters) {
      const norm = tf.norm(grads[variable.name]).dataSync()[0];
      expect(norm > 0 && Number.isFinite(norm), name).toBe(true);
    }
  });

  it("the notebook's form is there by name, and rewards a larger sigma", () => {
    const options = { ...ALL, divergence: 'notebook' } as const;
    const at = (sigma: number) => {
      const posterior = { sigma, clamp: 0, meanInit: 'uniform' } as const;
      return createModel({ ...options, posterior })
        .weights()
        .kl?.dataSync()[0] as number;
    };
    expect(at(3)).toBeLessThan(at(1));
    const closed = (sigma: number) =>
      createModel({ ...ALL, posterior: { sigma, clamp: 0, meanInit: 'uniform' } })
        .weights()
        .kl?.dataSync()[0] as number;
    expect(closed(3)).toBeGreaterThan(closed(1));
  });
});

describe('createModel', () => {
  it('refuses what makes no model', () => {
    const make = (options: object) => () => createModel({ ...ALL, ...options } as ModelOptions);
    expect(make({ architecture: 'resnet' })).toThrow(
      /one of lenet, 3conv3fc, 3conv3fc-pool3, alexnet, vgg, resnet20 wanted, got resnet/,
    );
    expect(make({ prior: { kind: 'gaussian', sigma: 0 } })).toThrow(
      /sigma must be positive and finite, got 0/,
    );
    expect(make({ prior: { ...MIXTURE, pi: 2 } })).toThrow(/got pi 2/);
    expect(make({ posterior: { ...ALL.posterior, sigma: -1 } })).toThrow(
      /posterior sigma must be positive, got -1/,
    );
  });
});
