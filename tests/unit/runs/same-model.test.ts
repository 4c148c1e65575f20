import { expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/index.js';
import { checkSameModel } from '../../../src/runs/same-model.js';
import { failureOf } from '../data/support.js';

const config = parseConfig({ name: 'x', model: { architecture: 'lenet', bayesian: 'conv' } }, 'x');
const checkpoint = (meta: unknown) => ({
  weights: {},
  optimizer: {},
  swag: {},
  laplace: {},
  counters: {},
  meta,
  path: 'b.safetensors',
  sha256: '',
});

it('takes a checkpoint of the same network, and one that does not say', () => {
  for (const meta of [
    { model: config.model },
    { model: { architecture: 'lenet' } },
    {},
    null,
    'x',
    { model: null },
  ])
    expect(() => checkSameModel(config, checkpoint(meta))).not.toThrow();
});

it('refuses one of another network and names each difference', async () => {
  const model = { ...config.model, architecture: 'vgg', bayesian: ['fc1'] };
  const error = await failureOf(() => checkSameModel(config, checkpoint({ model })));
  expect([error.exitCode, error.message]).toEqual([
    3,
    'b.safetensors: a checkpoint of this run\'s network wanted, got model.architecture "vgg" instead of "lenet", model.bayesian ["fc1"] instead of "conv"',
  ]);
  expect(error.hint).toMatch(/checkpoint of this run/);
});
