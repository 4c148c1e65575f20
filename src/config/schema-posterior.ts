import * as z from 'zod';
import { trainedNetwork } from './schema-trained.js';
import { tagged } from './tagged.js';

const clampAt = (value: number) =>
  z
    .number()
    .min(0)
    .default(value)
    .describe(
      'Lower bound of x^2 and sigma^2 in the activation variance; 0: none, 1e-4: as in the notebook; only with "estimator": "lrt"',
    );

const meansFrom = (value: 'uniform' | 'normal') =>
  z
    .enum(['uniform', 'normal'])
    .default(value)
    .describe(
      "Initial means: uniform is PyTorch's layer default, normal is N(0, 0.1^2) of the notebook and PyTorch-BayesianCNN",
    );

const constant = z.strictObject({
  kind: z.literal('constant').describe('The same standard deviation everywhere'),
  sigma: z
    .number()
    .positive()
    .default(0.05)
    .describe('Initial standard deviation of every Bayesian weight; > 0'),
  clamp: clampAt(0),
  meanInit: meansFrom('uniform'),
});

const rhoMean = z.number().default(-5).describe('Mean of the initial rho; -5 is a sigma of 0.0067');
const rhoStd = z.number().min(0).default(0.1).describe('Standard deviation of the initial rho; >= 0');

const normal = z.strictObject({
  kind: z.literal('normal').describe('rho ~ N(rhoMean, rhoStd^2)'),
  rhoMean,
  rhoStd,
  clamp: clampAt(0),
  meanInit: meansFrom('uniform'),
});

const pytorchBayesianCnn = z.strictObject({
  kind: z
    .literal('pytorch-bayesiancnn')
    .describe("As PyTorch-BayesianCNN's configuration: mu ~ N(0, 0.1^2), rho ~ N(-5, 0.1^2)"),
  rhoMean,
  rhoStd,
  clamp: clampAt(0),
  meanInit: meansFrom('normal'),
});

const notebook = z.strictObject({
  kind: z
    .literal('notebook')
    .describe('As the notebook: mu ~ N(0, 0.1^2), rho ~ U(-3, 3), clamps at 1e-4; sigma averages 0.98'),
  rhoLow: z.number().default(-3).describe('Least initial rho'),
  rhoHigh: z.number().default(3).describe('Largest initial rho'),
  clamp: clampAt(1e-4),
  meanInit: meansFrom('normal'),
});

const moped = z.strictObject({
  kind: z
    .literal('moped')
    .describe(
      'Means from a trained run, sigma = delta |w| (MOPED, Krishnan et al. 2020); the initialisation only, the prior stays at zero',
    ),
  ...trainedNetwork,
  delta: z.number().positive().default(0.1).describe('sigma over |w|; > 0'),
  clamp: clampAt(0),
});

/** `model.posterior`: how it starts, and its clamp. */
export const posterior = tagged([constant, normal, notebook, pytorchBayesianCnn, moped], 'constant').describe(
  'The Gaussian posterior q(w) = N(mu, softplus(rho)^2): how it starts',
);
