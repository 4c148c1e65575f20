import * as z from 'zod';
import { ARCHITECTURE_NAMES } from '../models/architectures.js';
import { ESTIMATORS } from '../models/estimator.js';
import { ACTIVATIONS } from '../models/networks/network.js';
import { posterior } from './schema-posterior.js';
import { startSchema } from './schema-trained.js';
import { tagged } from './tagged.js';

const gaussianPrior = z.strictObject({
  kind: z.literal('gaussian').describe('N(0, sigma^2); the KL has a closed form'),
  sigma: z
    .number()
    .positive()
    .default(1)
    .describe('Standard deviation of the prior, in weight units; > 0; not used where it is learned'),
  learned: z
    .boolean()
    .default(false)
    .describe(
      'Empirical Bayes: every weight tensor and every bias has the sigma that makes its KL smallest, in closed form at each step',
    ),
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

const laplacePrior = z.strictObject({
  kind: z.literal('laplace').describe('exp(-|w| / scale) / (2 scale); the KL has a closed form'),
  scale: z
    .number()
    .positive()
    .default(1)
    .describe('Scale of the prior, its standard deviation over sqrt(2); > 0'),
});

const PARTS = ['none', 'conv', 'all', 'last'] as const;
const PARTS_SHAPE = `expected one of ${PARTS.map((part) => `"${part}"`).join(', ')}, or a list of layer names`;

const layerList = z
  .array(z.string().min(1))
  .min(1, { error: () => 'expected at least one layer name, or "none"' })
  .refine((names) => new Set(names).size === names.length, 'expected each layer once');

const DROPPED_SHAPE = 'expected "all", "dense", or a list of layer names';

const dropout = z
  .strictObject({
    rate: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe('Probability that an activation is dropped, in [0, 1); 0: no dropout'),
    layers: z
      .union([z.enum(['all', 'dense']), layerList], { error: () => DROPPED_SHAPE })
      .default('all')
      .describe(
        'Whose outputs are dropped, behind activation and pool: all layers but the last (as Gal and Ghahramani 2016), the dense ones but the last, or a list of names',
      ),
    sampled: z
      .boolean()
      .default(true)
      .describe(
        'MC dropout: predictions drop too, a mask an image and sample ("eval.samples" of them); false: dropout in training only',
      ),
  })
  .prefault({})
  .describe('Dropout, Srivastava et al. 2014');

/** `model`: the network, which of its layers are Bayesian, how they are sampled, prior and posterior. */
export const modelSchema = z
  .strictObject({
    architecture: z
      .enum(ARCHITECTURE_NAMES)
      .default('lenet')
      .describe(
        "The network. lenet: the notebook's LeNet, 62,006 weights; 3conv3fc and alexnet: PyTorch-BayesianCNN's, 1,782,634 and 2,175,946 (3conv3fc with pools of 2x2, 3conv3fc-pool3 with its own of 3x3); vgg: three blocks of two 3x3 convolutions, 550,570; resnet20: He et al. 2016, with batch normalisation, 269,722",
      ),
    bayesian: z
      .union([z.enum(PARTS), layerList], { error: () => PARTS_SHAPE })
      .default('none')
      .describe(
        'Layers with a posterior: none (a plain CNN), the convolutions, all, the last, or a list of names such as ["conv1", "fc3"]',
      ),
    estimator: z
      .enum(ESTIMATORS)
      .default('lrt')
      .describe(
        'How a Bayesian layer is sampled. lrt: local reparameterisation, Kingma et al. 2015; weight-sampling: one draw of the weights a batch, Blundell et al. 2015; weight-sampling-per-example: a draw for each image (slow); flipout: one draw a batch and random signs, Wen et al. 2018; mean: no noise, the posterior means',
      ),
    activation: z
      .enum(ACTIVATIONS)
      .default('relu')
      .describe("Non-linearity between layers; softplus: PyTorch-BayesianCNN's default"),
    dropout,
    prior: tagged([gaussianPrior, mixturePrior, laplacePrior], 'gaussian').describe(
      'Prior of every Bayesian weight',
    ),
    posterior,
    start: startSchema,
    divergence: z
      .enum(['kl', 'notebook'])
      .default('kl')
      .describe(
        "The complexity term. kl: KL(q || prior); notebook: the notebook's log q(mu) - log p(mu), which is no KL and lets sigma grow",
      ),
  })
  .prefault({})
  .describe('The network');
