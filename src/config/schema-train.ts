import { z } from 'zod';
import { tagged } from './tagged.js';

const optimizer = z
  .strictObject({
    kind: z.literal('sgd').default('sgd').describe('Stochastic gradient descent, as torch.optim.SGD'),
    learningRate: z.number().positive().default(0.05).describe("Learning rate (the schedule's peak); > 0"),
    momentum: z.number().min(0).lt(1).default(0.9).describe('Momentum, in [0, 1)'),
    nesterov: z.boolean().default(false).describe('Nesterov momentum; needs momentum > 0 and dampening 0'),
    dampening: z.number().min(0).max(1).default(0).describe('Dampening of the momentum, in [0, 1]'),
    weightDecay: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'L2 penalty added to the gradient; only for "bayesian": "none", a prior regularises the others',
      ),
  })
  .prefault({})
  .describe('The optimizer');

const constantSchedule = z.strictObject({
  kind: z.literal('constant').describe('The learning rate never changes'),
});

const cosineSchedule = z.strictObject({
  kind: z
    .literal('cosine')
    .describe('Half a cosine from the learning rate to "to" over all steps of the run'),
  to: z.number().min(0).default(0).describe('The final learning rate; >= 0'),
});

const kl = z
  .strictObject({
    kind: z.literal('constant').default('constant').describe('The same weight at every step'),
    weight: z.number().min(0).default(1).describe('Factor of KL / N in the loss; 1 is the ELBO'),
  })
  .prefault({})
  .describe('Weight of the KL divergence in the loss: nll + weight * KL / N (N training images)');

/** `train`: epochs, batches, optimizer, schedule and KL weight. */
export const trainSchema = z
  .strictObject({
    epochs: z.int().min(1).default(20).describe('Passes over the training images; >= 1'),
    batchSize: z.int().min(1).default(128).describe('Images in a mini-batch; >= 1'),
    optimizer,
    schedule: tagged([constantSchedule, cosineSchedule], 'cosine').describe('Course of the learning rate'),
    kl,
    printEvery: z.int().min(1).default(2000).describe('Mini-batches between two printed mean losses'),
  })
  .prefault({})
  .describe('Training');
