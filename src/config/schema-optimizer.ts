import * as z from 'zod';
import { tagged } from './tagged.js';

const learningRate = (usual: number) =>
  z.number().positive().default(usual).describe("Learning rate (the schedule's peak); > 0");

const L2 = 'L2 penalty added to the gradient; only for "bayesian": "none", a prior regularises the others';

const sgd = z.strictObject({
  kind: z.literal('sgd').describe('Stochastic gradient descent, as torch.optim.SGD'),
  learningRate: learningRate(0.05),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Momentum, in [0, 1)'),
  nesterov: z.boolean().default(false).describe('Nesterov momentum; needs momentum > 0 and dampening 0'),
  dampening: z.number().min(0).max(1).default(0).describe('Dampening of the momentum, in [0, 1]'),
  weightDecay: z.number().min(0).default(0).describe(L2),
});

const beta = z.number().min(0).lt(1);
/** What Adam and AdamW share. */
const adamSettings = {
  learningRate: learningRate(0.001),
  betas: z
    .tuple([beta, beta])
    .default([0.9, 0.999])
    .describe("Decay of the gradients' running mean and mean square, each in [0, 1)"),
  eps: z.number().positive().default(1e-8).describe('Added to the root of the mean square; > 0'),
};

const adam = z.strictObject({
  kind: z.literal('adam').describe('Adam, Kingma & Ba 2015, as torch.optim.Adam'),
  ...adamSettings,
  weightDecay: z.number().min(0).default(0).describe(L2),
});

const adamw = z.strictObject({
  kind: z
    .literal('adamw')
    .describe('Adam with decoupled weight decay, Loshchilov & Hutter 2019, as torch.optim.AdamW'),
  ...adamSettings,
  weightDecay: z
    .number()
    .min(0)
    .default(0.01)
    .describe('Weights shrink by learning rate * weightDecay a step; only for "bayesian": "none"'),
});

/** `train.optimizer` */
export const optimizerSchema = tagged([sgd, adam, adamw], 'sgd').describe('The optimizer');
