import { expect, it } from 'vitest';
import { diverged } from '../../../src/train/diverged.js';

const usual = { parameter: 'conv1.weight', value: 0.4 };

it.each([
  [
    ['conv1.weight_mu'],
    { parameter: 'fc1.weight_rho', value: 31 },
    'the standard deviations of the posterior grow',
  ],
  [[], { parameter: 'fc1.weight', value: 2e9 }, 'the weights had grown too large before'],
  [['fc1.weight.exp_avg_sq'], usual, "a gradient whose square exceeds float32's range"],
  [['fc1.weight'], usual, 'a gradient that is not finite, or too large an update'],
  [[], usual, "the loss exceeds float32's range with weights of usual size"],
])('what most likely made %j diverge after %j: %s', (parameters, largest, cause) => {
  const error = diverged({ step: 9, epoch: 2 }, { step: 7, parameters, largest });
  expect(error.message).toMatch(/after step 9 \(epoch 2\); /);
  expect(error.message).toContain(`; likely cause: ${cause}`);
  expect(error.hint).toMatch(/^(try|check) /);
});
