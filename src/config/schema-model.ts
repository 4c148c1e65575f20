import { z } from 'zod';
import { tagged } from './tagged.js';

const gaussianPrior = z.strictObject({
  kind: z.literal('gaussian').describe('N(0, sigma^2); the KL has a closed form'),
  sigma: z.number().positive().default(1).describe('Standard deviation of the prior, in weight units; > 0'),
});

const mixturePrior = z.strictObject({
  kind: z
    .literal('scale-mixture')
    .describe('pi N(0, sigma1^2) + (1 - pi) N(0, sigma2^2), Blundell et al. 2015, eq. 7; the KL is sampled'),
  pi: z.number().gt(0).lte(1).default(0.5).describe('Weight of the first component, in (0, 1]'),
  sigma1: z.number().positive().default(1).describe('Standard deviation of the first component; > 0'),
  sigma2: z
    .number()
    .min(0)
    .default(0.3)
    .describe('Standard deviation of the second component; 0 only with pi = 1'),
});

const posterior = z
  .strictObject({
    sigma: z
      .number()
      .positive()
      .default(0.05)
      .describe('Initial standard deviation of every Bayesian weight; > 0'),
    clamp: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'Lower bound of x^2 and sigma^2 in the activation variance; 0: none, 1e-4: as in the notebook',
      ),
    meanInit: z
      .enum(['uniform', 'normal'])
      .default('uniform')
      .describe("Initial means: uniform is PyTorch's layer default, normal the notebook's N(0, 0.1^2)"),
  })
  .prefault({})
  .describe('The Gaussian posterior q(w) = N(mu, softplus(rho)^2)');

/** `model`: the network, which of its layers are Bayesian, prior and posterior. */
export const modelSchema = z
  .strictObject({
    architecture: z
      .enum(['lenet'])
      .default('lenet')
      .describe("The network: the notebook's LeNet, 62,006 weights"),
    bayesian: z
      .enum(['none', 'conv', 'all'])
      .default('none')
      .describe('Layers with a posterior: none (a plain CNN), the convolutions, or all'),
    estimator: z
      .enum(['lrt'])
      .default('lrt')
      .describe('How a Bayesian layer is sampled; lrt: local reparameterisation, Kingma et al. 2015'),
    activation: z.enum(['relu']).default('relu').describe('Non-linearity between layers'),
    prior: tagged([gaussianPrior, mixturePrior], 'gaussian').describe('Prior of every Bayesian weight'),
    posterior,
  })
  .prefault({})
  .describe('The network');
