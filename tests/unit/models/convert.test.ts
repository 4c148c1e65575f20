import { beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, tf } from '../../../src/backends/tfjs.js';
import {
  type BayesianPart,
  createModel,
  ESTIMATORS,
  empiricalSigmas,
  type ModelOptions,
  meansOf,
  posteriorWarnings,
  withPosterior,
} from '../../../src/models/index.js';
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
  seed: 3,
};
const NOTEBOOK = { kind: 'notebook', rhoLow: -3, rhoHigh: 3, clamp: 1e-4, meanInit: 'normal' } as const;
const PBC = {
  kind: 'pytorch-bayesiancnn',
  rhoMean: -5,
  rhoStd: 0.1,
  clamp: 0,
  meanInit: 'normal',
} as const;

function images(count: number): tf.Tensor4D {
  const stream = new Stream(streamKey(9, 'images'));
  return tf.tensor4d(
    Float32Array.from({ length: count * 3072 }, () => 2 * stream.uniform() - 1),
    [count, 32, 32, 3],
  );
}

const softplus = (rho: number) => Math.log1p(Math.exp(rho));

/** A Bayesian twin of the plain network with sigma = delta |w|. */
function twin(delta: number, options: Partial<ModelOptions> = {}) {
  const plain = createModel(OPTIONS).toTorch();
  const model = createModel({ ...OPTIONS, bayesian: 'all', seed: 8, ...options });
  const names = model.parameters.map(({ name }) => name);
  model.fromTorch(withPosterior(plain, names, delta));
  return { plain, model };
}

describe('a Bayesian network from a plain one', () => {
  it('has the means w and sigma = delta |w|', () => {
    const { plain, model } = twin(0.2);
    const record = model.toTorch();
    for (const name of ['conv1.weight', 'fc2.bias', 'fc3.weight']) {
      const { data } = plain[name];
      expect(record[`${name}_mu`].data).toEqual(data);
      for (const [i, rho] of record[`${name}_rho`].data.entries())
        expect(Math.abs(softplus(rho) / (0.2 * Math.abs(data[i])) - 1)).toBeLessThan(1e-4);
    }
  });

  it('keeps a finite rho where a weight is zero', () => {
    const plain = { 'a.weight': { shape: [2], data: Float32Array.of(0, -0.5) } };
    const { 'a.weight_rho': rho } = withPosterior(plain, ['a.weight_rho'], 0.1);
    expect(softplus(rho.data[0])).toBeCloseTo(1e-8, 12);
    expect(softplus(rho.data[1])).toBeCloseTo(0.05, 6);
  });

  it.each([['all'], ['conv'], ['last'], [['conv2', 'fc1']]] as [BayesianPart][])(
    'takes the plain weights of layers without a posterior: %j',
    (bayesian) => {
      const { plain, model } = twin(0.1, { bayesian });
      expect(meansOf(model.toTorch())).toEqual(plain);
    },
  );

  it('says what is missing', () => {
    expect(() =>
      withPosterior({ 'other.weight': { shape: [1], data: new Float32Array(1) } }, ['conv1.weight_mu'], 0.1),
    ).toThrow(/conversion: a network with conv1.weight wanted, got other.weight/);
  });

  it.each(ESTIMATORS)('gives the plain logits as sigma goes to 0: %s', (estimator) => {
    const plain = createModel(OPTIONS);
    const x = images(2);
    const wanted = plain.forward(x, plain.weights(), { sample: false }).dataSync();
    const clock = tf.tensor1d([0, 0, 0, 0], 'int32');
    const distance = (delta: number) => {
      const { model } = twin(delta, { estimator });
      const logits = model.forward(x, model.weights(clock), { sample: true, clock }).dataSync();
      return Math.max(...logits.map((logit, i) => Math.abs(logit - wanted[i])));
    };
    const [near, far] = [distance(1e-5), distance(1e-2)];
    expect(near).toBeLessThan(1e-5);
    // The noise is there: it shrinks with sigma and does not vanish, but under the means.
    if (estimator === 'mean') expect(far).toBe(near);
    else expect(far).toBeGreaterThan(20 * near);
  });
});

describe('the plain network of the means', () => {
  it('has the logits of the Bayesian one without noise', () => {
    const model = createModel({ ...OPTIONS, bayesian: ['conv1', 'fc3'] });
    const plain = createModel({ ...OPTIONS, seed: 77 });
    plain.fromTorch(meansOf(model.toTorch()));
    const x = images(3);
    expect(plain.forward(x, plain.weights(), { sample: false }).dataSync()).toEqual(
      model.forward(x, model.weights(), { sample: false }).dataSync(),
    );
  });
});

describe('layers with a posterior', () => {
  it('go by name, in any order', () => {
    const model = createModel({ ...OPTIONS, bayesian: ['fc3', 'conv1'] });
    expect(model.bayesianLayers).toEqual(['conv1', 'fc3']);
    expect(model.parameterCount).toBe(62_006 + 456 + 850);
  });

  it('must be layers of the network', () => {
    expect(() => createModel({ ...OPTIONS, bayesian: ['conv1', 'fc9'] })).toThrow(
      /model.bayesian: layers of lenet wanted, got fc9/,
    );
  });

  it('draw, or not', () => {
    const stochastic = (options: Partial<ModelOptions>) => createModel({ ...OPTIONS, ...options }).stochastic;
    expect(stochastic({})).toBe(false);
    expect(stochastic({ bayesian: 'last' })).toBe(true);
    expect(stochastic({ bayesian: 'all', estimator: 'flipout' })).toBe(true);
    expect(stochastic({ bayesian: 'all', estimator: 'mean' })).toBe(false);
  });
});

describe('noise by the clock alone', () => {
  it.each(ESTIMATORS)('%s does not depend on the split of the batch', (estimator) => {
    const model = createModel({ ...OPTIONS, bayesian: 'all', estimator });
    const x = images(4);
    const run = (input: tf.Tensor4D, step: number, sample: number, first: number) => {
      const clock = tf.tensor1d([step, sample, first, 0], 'int32');
      return [...model.forward(input, model.weights(clock), { sample: true, clock }).dataSync()];
    };
    const whole = run(x, 3, 0, 0);
    expect(run(x, 3, 0, 0)).toEqual(whole);
    expect(run(tf.slice4d(x, [2, 0, 0, 0], [2, 32, 32, 3]), 3, 0, 2)).toEqual(whole.slice(20));
    const others = [run(x, 4, 0, 0), run(x, 3, 1, 0)];
    for (const other of others) {
      if (estimator === 'mean') expect(other).toEqual(whole);
      else expect(other).not.toEqual(whole);
    }
  });

  it.each(ESTIMATORS.filter((name) => name !== 'mean' && name !== 'lrt'))('%s needs a clock', (estimator) => {
    const model = createModel({ ...OPTIONS, bayesian: 'last', estimator });
    expect(() => model.forward(images(1), model.weights(), { sample: true })).toThrow(
      new RegExp(`fc3: a clock is needed to sample by ${estimator}`),
    );
  });
});

describe('posterior starts', () => {
  const recordOf = (posterior: ModelOptions['posterior']) =>
    createModel({ ...OPTIONS, bayesian: 'all', posterior }).toTorch();
  const moments = (values: Float32Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, std: Math.sqrt(variance) };
  };

  it("PyTorch-BayesianCNN's: mu ~ N(0, 0.1^2), rho ~ N(-5, 0.1^2)", () => {
    const record = recordOf(PBC);
    // 48,000 draws: five standard errors.
    const mu = moments(record['fc1.weight_mu'].data);
    const rho = moments(record['fc1.weight_rho'].data);
    expect(Math.abs(mu.mean)).toBeLessThan(5 * 0.00046);
    expect(Math.abs(mu.std - 0.1)).toBeLessThan(5 * 0.00033);
    expect(Math.abs(rho.mean + 5)).toBeLessThan(5 * 0.00046);
    expect(Math.abs(rho.std - 0.1)).toBeLessThan(5 * 0.00033);
  });

  it('normal rho around means of the default kind', () => {
    const posterior = { kind: 'normal', rhoMean: -3, rhoStd: 0.5, clamp: 0, meanInit: 'uniform' } as const;
    const record = recordOf(posterior);
    expect(moments(record['fc1.weight_rho'].data).mean).toBeCloseTo(-3, 1);
    expect(moments(record['fc1.weight_rho'].data).std).toBeCloseTo(0.5, 1);
    const constant = recordOf(OPTIONS.posterior);
    expect(record['fc1.weight_mu']).toEqual(constant['fc1.weight_mu']);
  });

  it("of the notebook drown the signal, PyTorch-BayesianCNN's and the defaults do not", () => {
    const warnings = posteriorWarnings(recordOf(NOTEBOOK), NOTEBOOK.clamp);
    expect(warnings).toHaveLength(5);
    expect(warnings[0]).toMatch(
      /^noise drowns the signal in conv1.weight: rms sigma 1\.\d+ is 1\d times rms mu 0\.09/,
    );
    expect(posteriorWarnings(recordOf(PBC), 0)).toEqual([]);
    expect(posteriorWarnings(recordOf(OPTIONS.posterior), 0)).toEqual([]);
  });

  it("leave rho without a gradient where the notebook's clamp is active everywhere", () => {
    const [warning, ...more] = posteriorWarnings(recordOf(PBC), 1e-4);
    expect(warning).toMatch(/^the data give rho no gradient in conv1.weight, .*fc3.bias: sigma\^2 is below/);
    expect(more).toEqual([]);
    // And that is so.
    const posterior = { ...PBC, clamp: 1e-4 };
    const clock = tf.tensor1d([0, 0, 0, 0], 'int32');
    const slope = (options: ModelOptions) => {
      const other = createModel(options);
      const variables = other.parameters.map(({ variable }) => variable);
      const loss = () =>
        tf.sum(other.forward(images(2), other.weights(clock), { sample: true, clock })) as tf.Scalar;
      const { grads } = tf.variableGrads(loss, variables);
      const rho = other.parameters.find(({ name }) => name === 'fc3.weight_rho')?.variable as tf.Variable;
      return tf.max(tf.abs(grads[rho.name])).dataSync()[0];
    };
    expect(slope({ ...OPTIONS, bayesian: 'last', posterior })).toBe(0);
    expect(slope({ ...OPTIONS, bayesian: 'last', posterior: PBC })).toBeGreaterThan(0);
  });

  it('tell the prior that empirical Bayes gives them', () => {
    const record = {
      'a.weight_mu': { shape: [2], data: Float32Array.of(0.3, -0.1) },
      'a.weight_rho': { shape: [2], data: Float32Array.of(-1, 25) },
    };
    const squares = 0.3 ** 2 + 0.1 ** 2 + softplus(-1) ** 2 + 25 ** 2;
    expect(empiricalSigmas(record)['a.weight']).toBeCloseTo(Math.sqrt(squares / 2), 6);
  });
});
