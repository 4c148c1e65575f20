import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../../src/config/index.js';
import { BayescnnError } from '../../../src/errors.js';

function failure(value: unknown): BayescnnError {
  try {
    parseConfig(value, 'x.json');
  } catch (error) {
    expect(error).toBeInstanceOf(BayescnnError);
    return error as BayescnnError;
  }
  throw new Error(`parsed: ${JSON.stringify(value)}`);
}

describe('defaults', () => {
  it('resolve an empty config', () => {
    expect(parseConfig({}, 'x')).toEqual({
      name: 'run',
      notes: '',
      seed: 0,
      data: {
        source: 'cifar10',
        archive: null,
        sha256: null,
        subset: null,
        validation: 0,
        normalize: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
        augment: [],
      },
      model: {
        architecture: 'lenet',
        bayesian: 'none',
        estimator: 'lrt',
        activation: 'relu',
        dropout: { rate: 0, layers: 'all', sampled: true },
        prior: { kind: 'gaussian', sigma: 1, learned: false },
        posterior: { kind: 'constant', sigma: 0.05, clamp: 0, meanInit: 'uniform' },
        start: null,
        divergence: 'kl',
      },
      train: {
        epochs: 20,
        batchSize: 128,
        optimizer: {
          kind: 'sgd',
          learningRate: 0.05,
          momentum: 0.9,
          nesterov: false,
          dampening: 0,
          weightDecay: 0,
        },
        schedule: { kind: 'cosine', to: 0, warmup: 0 },
        kl: { kind: 'constant', weight: 1 },
        swag: null,
        printEvery: 2000,
        checkpoint: { everySteps: null, everySeconds: 60 },
        onDivergence: { kind: 'stop' },
      },
      eval: { samples: 10, every: 1, batchSize: 500 },
      backend: { kind: 'auto', threads: 0, relaxed: false },
    });
  });

  it('survive a second parse unchanged, and $schema is dropped', () => {
    const config = parseConfig({ $schema: 'a.json', model: { prior: { kind: 'scale-mixture' } } }, 'x');
    expect(config).not.toHaveProperty('$schema');
    expect(config.model.prior).toEqual({ kind: 'scale-mixture', pi: 0.5, sigma1: 1, sigma2: 0.3 });
    expect(parseConfig(JSON.parse(JSON.stringify(config)), 'x')).toEqual(config);
  });

  it('give a prior without a kind the Gaussian one', () => {
    expect(parseConfig({ model: { prior: { sigma: 0.2 } } }, 'x').model.prior).toEqual({
      kind: 'gaussian',
      sigma: 0.2,
      learned: false,
    });
  });

  it('are those of PyTorch for Adam and AdamW', () => {
    const usual = { learningRate: 0.001, betas: [0.9, 0.999], eps: 1e-8 };
    const optimizerOf = (kind: string) =>
      parseConfig({ train: { optimizer: { kind } } }, 'x').train.optimizer;
    expect(optimizerOf('adam')).toEqual({ kind: 'adam', ...usual, weightDecay: 0 });
    expect(optimizerOf('adamw')).toEqual({ kind: 'adamw', ...usual, weightDecay: 0.01 });
  });

  it('give each posterior start its own', () => {
    const start = (posterior: object) =>
      parseConfig({ model: { bayesian: 'all', posterior } }, 'x').model.posterior;
    expect(start({ kind: 'notebook' })).toEqual({
      kind: 'notebook',
      rhoLow: -3,
      rhoHigh: 3,
      clamp: 1e-4,
      meanInit: 'normal',
    });
    expect(start({ kind: 'pytorch-bayesiancnn' })).toEqual({
      kind: 'pytorch-bayesiancnn',
      rhoMean: -5,
      rhoStd: 0.1,
      clamp: 0,
      meanInit: 'normal',
    });
    expect(start({ kind: 'normal' })).toMatchObject({ rhoMean: -5, rhoStd: 0.1, meanInit: 'uniform' });
    expect(start({ kind: 'moped', run: 'a' })).toEqual({
      kind: 'moped',
      run: 'a',
      checkpoint: 'best',
      sha256: null,
      delta: 0.1,
      clamp: 0,
    });
    expect(start({ sigma: 0.2 })).toEqual({ kind: 'constant', sigma: 0.2, clamp: 0, meanInit: 'uniform' });
  });

  it('are not shared between configs, and frozen all the way down', () => {
    const config = parseConfig({}, 'x');
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(config)).toBe(true);
    expect(() => {
      (config as { train: { epochs: number } } & Config).train.epochs = 3;
    }).toThrow(TypeError);
    expect(parseConfig({}, 'x')).toEqual(config);
  });
});

describe('errors', () => {
  it('list every problem at once, cross-field checks included', () => {
    const error = failure({
      sed: 1,
      data: { source: 'synthetic', archive: 'a.tar', subset: -1, augment: ['flop'] },
      model: { bayesian: 'conv', activation: 'relU', prior: { kind: 'scale-mixture', sigma2: 0 } },
      train: { epoch: 3, epochs: 0, optimizer: { weightDecay: 0.1, nesterov: true, momentum: 0 } },
      backend: { kind: 'simd', threads: 1.5 },
    });
    expect(error.code).toBe('config');
    expect(error.exitCode).toBe(2);
    expect(error.hint).toContain('config.schema.json');
    const lines = error.message.split('\n');
    expect(lines[0]).toBe('x.json: 11 problems');
    expect(lines.slice(1).sort()).toEqual(
      [
        '  sed: unknown setting, got 1; did you mean "seed"?',
        '  data.archive: must be null with "source": "synthetic", whose images are made, not read, got "a.tar"',
        '  data.subset: expected a number >= 1, got -1',
        '  data.augment.0: expected one of "crop", "flip", got "flop"; did you mean "flip"?',
        '  model.activation: expected one of "relu", "softplus", got "relU"; did you mean "relu"?',
        '  model.prior.sigma2: must be > 0 unless "pi" is 1 (a component of width 0 has no density), got 0',
        '  train.epoch: unknown setting, got 3; did you mean "epochs"?',
        '  train.epochs: expected a number >= 1, got 0',
        '  train.optimizer.nesterov: needs "momentum" > 0 and "dampening" 0, as in PyTorch, got true',
        '  backend.threads: expected a whole number, got 1.5',
        lines.find((line) => line.startsWith('  train.optimizer.weightDecay: must be 0')) ?? 'no weightDecay',
      ].sort(),
    );
  });

  it.each([
    [3, 'x.json: expected an object {...}, got 3'],
    [[], 'x.json: expected an object {...}, got []'],
    [null, 'x.json: expected an object {...}, got null'],
    [{ seed: -1 }, 'x.json: seed: expected a number >= 0, got -1'],
    [{ seed: 2 ** 53 }, 'x.json: seed: expected a number <= 9007199254740991, got 9007199254740992'],
    [{ train: 3 }, 'x.json: train: expected an object {...}, got 3'],
    [
      { model: { bayesian: ['conv1', 'fc7', 'fc8'] } },
      'model.bayesian: must name layers of lenet (conv1, conv2, fc1, fc2, fc3), got ["conv1","fc7","fc8"]',
    ],
    [{ model: { bayesian: [] } }, 'model.bayesian: expected at least one layer name, or "none", got []'],
    [{ model: { bayesian: ['fc1', 'fc1'] } }, 'model.bayesian: expected each layer once, got ["fc1","fc1"]'],
    [
      { model: { estimator: 'flip-out' } },
      'model.estimator: expected one of "lrt", "weight-sampling", "weight-sampling-per-example", "flipout", "mean"',
    ],
    [
      { model: { bayesian: 'all', estimator: 'flipout', posterior: { kind: 'notebook' } } },
      'model.posterior.clamp: must be 0 unless "estimator" is "lrt"',
    ],
    [
      { model: { posterior: { kind: 'moped' }, bayesian: 'all' } },
      'model.posterior.run: expected a string, got nothing',
    ],
    [
      { model: { posterior: { kind: 'moped', run: 'results/cnn' } } },
      'model.posterior.kind: needs Bayesian layers',
    ],
    [
      { model: { prior: { learned: true }, divergence: 'notebook' } },
      'model.divergence: must be "kl" with a learned prior',
    ],
    [
      { model: { posterior: { kind: 'notebook', rhoLow: 4 } } },
      'model.posterior.rhoLow: must be at most "rhoHigh"',
    ],
    [{ model: { prior: { kind: 'laplace', sigma: 1 } } }, 'it belongs to "kind": "gaussian"'],
    [{ train: { epochs: '3' } }, 'x.json: train.epochs: expected a whole number, got "3"'],
    [{ train: { optimizer: { learningRate: 0 } } }, 'learningRate: expected a number > 0, got 0'],
    [{ train: { optimizer: { learningRate: Number.NaN } } }, 'learningRate: expected a number, got NaN'],
    [{ train: { optimizer: { momentum: 1 } } }, 'momentum: expected a number < 1, got 1'],
    [
      { model: { bayesian: 'convs' } },
      'expected one of "none", "conv", "all", "last", or a list of layer names, got "convs"; did you mean "conv"?',
    ],
    [
      { model: { prior: { kind: 'gausian' } } },
      'model.prior.kind: expected one of "gaussian", "scale-mixture", "laplace", got "gausian"; did you mean "gaussian"?',
    ],
    [
      { model: { prior: { kind: 'gaussian', pi: 0.5 } } },
      'model.prior.pi: unknown setting, got 0.5; it belongs to "kind": "scale-mixture"',
    ],
    [{ model: { prior: { kind: 'scale-mixture', pi: 0 } } }, 'model.prior.pi: expected a number > 0, got 0'],
    [
      { train: { schedule: { kind: 'constant', to: 0 } } },
      'train.schedule.to: unknown setting, got 0; it belongs to "kind": "cosine"',
    ],
    [
      { data: { augment: ['crop', 'crop'] } },
      'data.augment: expected each augmentation once, got ["crop","crop"]',
    ],
    [{ data: { augment: 'crop' } }, 'data.augment: expected an array [...], got "crop"'],
    [
      { train: { optimizer: { kind: 'adm' } } },
      'train.optimizer.kind: expected one of "sgd", "adam", "adamw", got "adm"; did you mean "adam"?',
    ],
    [
      { train: { optimizer: { kind: 'adam', momentum: 0.9 } } },
      'train.optimizer.momentum: unknown setting, got 0.9; it belongs to "kind": "sgd"',
    ],
    [
      { train: { optimizer: { kind: 'adam', betas: [0.9, 1] } } },
      'train.optimizer.betas.1: expected a number < 1, got 1',
    ],
    [
      { train: { optimizer: { kind: 'adamw', eps: 0 } } },
      'train.optimizer.eps: expected a number > 0, got 0',
    ],
    [
      { model: { bayesian: 'all' }, train: { optimizer: { kind: 'adamw' } } },
      'train.optimizer.weightDecay: must be 0 with a Bayesian model',
    ],
    [
      { train: { kl: { kind: 'blundel' } } },
      'train.kl.kind: expected one of "constant", "linear", "cyclical", "blundell", "graves", "tempered", ' +
        'got "blundel"; did you mean "blundell"?',
    ],
    [{ train: { kl: { kind: 'tempered', weight: 1 } } }, 'train.kl.weight: unknown setting, got 1'],
    [{ train: { kl: { kind: 'tempered', temperature: 0 } } }, 'train.kl.temperature: expected a number > 0'],
    [
      { train: { epochs: 2, kl: { kind: 'linear', warmup: 3 } } },
      'train.kl.warmup: must be at most "epochs"',
    ],
    [
      { train: { schedule: { kind: 'step' } } },
      'train.schedule.every: needs a number, or "milestones" in its place, not both, got null',
    ],
    [{ train: { schedule: { kind: 'step', every: 2, milestones: [1] } } }, 'not both, got 2'],
    [
      { train: { schedule: { kind: 'step', milestones: [3, 3] } } },
      'train.schedule.milestones: expected rising epochs, got [3,3]',
    ],
    [
      { train: { epochs: 5, schedule: { warmup: 5 } } },
      'train.schedule.warmup: must be less than "epochs", got 5',
    ],
    [{ train: { schedule: { kind: 'one-cycle', pctStart: 1 } } }, 'pctStart: expected a number < 1, got 1'],
    [{ data: { subset: { train: 10 } } }, 'data.subset: expected null, a whole number >= 1'],
    [{ data: { sha256: 'ABC' } }, 'data.sha256: expected null or 64 lowercase hexadecimal digits, got "ABC"'],
    [{ data: { normalize: { std: [0.5, 0, 0.5] } } }, 'data.normalize.std.1: expected a number > 0, got 0'],
    [{ data: { normalize: { mean: [0.5, 0.5] } } }, 'data.normalize.mean: expected 3 values, got [0.5,0.5]'],
    [{ data: { archive: '' } }, 'data.archive: expected a string that is not empty, got ""'],
    [{ name: '../x' }, 'name: expected letters, digits'],
    [{ name: '' }, 'name: expected letters, digits'],
    [{ Model: {} }, 'Model: unknown setting, got {}; did you mean "model"?'],
    [{ zzzzzz: 'y'.repeat(100) }, `zzzzzz: unknown setting, got "${'y'.repeat(56)}...`],
    [JSON.parse('{"__proto__": {"seed": 1}}'), '__proto__: unknown setting'],
  ])('name the place and what was got: %j', (value, message) => {
    expect(failure(value).message).toContain(message);
  });

  it('do not skip a cross-field check for an unknown key beside it', () => {
    const { message } = failure({
      x: 1,
      model: { bayesian: 'all' },
      train: { optimizer: { weightDecay: 1 } },
    });
    expect(message).toContain('2 problems');
  });

  it('check rules beside a setting that is half wrong', () => {
    const { message } = failure({
      data: { source: 'synthetic', archive: 'a', subset: { train: -1, test: 5 } },
      model: { prior: { kind: 'mixture', sigma2: 0 } },
    });
    expect(message).toContain('3 problems');
    expect(message).toContain('data.subset.train: expected a number >= 1, got -1');
    expect(message).toContain('data.archive: must be null');
  });

  it('are the only thing thrown, whatever the value', () => {
    const key = fc.constantFrom(
      'data',
      'model',
      'train',
      'prior',
      'kind',
      'subset',
      'optimizer',
      'x',
      '__proto__',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, fc.jsonValue({ maxDepth: 1 }), tie('object')),
      object: fc.dictionary(key, tie('tree')),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        try {
          expect(parseConfig(value, 'x')).toHaveProperty('seed');
        } catch (error) {
          expect(error).toBeInstanceOf(BayescnnError);
        }
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

describe('valid combinations', () => {
  it.each([
    { model: { prior: { kind: 'scale-mixture', pi: 1, sigma2: 0 } } },
    { train: { optimizer: { nesterov: true } } },
    { train: { optimizer: { weightDecay: 5e-4 } } },
    { data: { augment: ['flip', 'crop'] } },
    { train: { optimizer: { kind: 'adam', betas: [0.9, 0.99], eps: 1e-7, weightDecay: 0.1 } } },
    { model: { bayesian: 'all' }, train: { optimizer: { kind: 'adamw', weightDecay: 0 } } },
    { train: { schedule: { kind: 'step', milestones: [30, 60], gamma: 0.2, warmup: 0.5 } } },
    { train: { schedule: { kind: 'one-cycle', divFactor: 10 } } },
    { train: { kl: { kind: 'cyclical', cycles: 3, ramp: 1 } } },
    { train: { kl: { kind: 'graves' } } },
    { data: { subset: 100 } },
    { data: { subset: { train: 1, test: 2 } } },
    { data: { archive: 'a.tar.gz', sha256: '0'.repeat(64) } },
    { seed: 2 ** 53 - 1 },
    { model: { bayesian: ['fc3', 'conv1'] } },
    { model: { bayesian: 'all', estimator: 'weight-sampling' } },
    { model: { prior: { kind: 'laplace', scale: 0.1 } } },
    { model: { divergence: 'notebook', posterior: { kind: 'notebook' } } },
    { model: { bayesian: 'all', posterior: { kind: 'moped', run: 'results/cnn', delta: 0.05 } } },
  ])('%j', (value) => {
    expect(parseConfig(value, 'x')).toMatchObject(value);
  });
});
