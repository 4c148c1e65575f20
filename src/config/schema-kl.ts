import * as z from 'zod';
import { tagged } from './tagged.js';

const weight = z.number().min(0).default(1).describe('Factor of KL / N in the loss; 1 is the ELBO');

const constant = z.strictObject({
  kind: z.literal('constant').describe('The same weight at every step'),
  weight,
});

const linear = z.strictObject({
  kind: z.literal('linear').describe('Rises linearly to "weight" over the first "warmup" epochs, then stays'),
  weight,
  warmup: z.number().positive().default(1).describe('Epochs, or a part of one, of the rise; > 0'),
});

const cyclical = z.strictObject({
  kind: z
    .literal('cyclical')
    .describe('"cycles" times in the run: from 0 linearly to "weight", then stays; Fu et al. 2019'),
  weight,
  cycles: z.int().min(1).default(4).describe('Cycles of equal length in the run; >= 1'),
  ramp: z.number().gt(0).lte(1).default(0.5).describe('Part of a cycle in which the weight rises, in (0, 1]'),
});

const blundell = z.strictObject({
  kind: z
    .literal('blundell')
    .describe(
      'Batch i of M in an epoch: weight * M * 2^(M - i) / (2^M - 1), Blundell et al. 2015, eq. 9 (mean: weight). ' +
        'The first batches get nearly all: use small learning rates',
    ),
  weight,
});

const graves = z.strictObject({
  kind: z
    .literal('graves')
    .describe('KL / M beside the summed NLL of a batch, Graves 2011: relative to N the same as constant'),
  weight,
});

const tempered = z.strictObject({
  kind: z
    .literal('tempered')
    .describe(
      'The weight is T: optimum p(D|w)^(1/T) p(w), Wenzel et al. 2020. For their cold posterior exp(-U/T) ' +
        'also multiply the sigma of a Gaussian prior by the root of T',
    ),
  temperature: z.number().positive().default(1).describe('T; below 1 sharper than the posterior; > 0'),
});

/** `train.kl` */
export const klSchema = tagged([constant, linear, cyclical, blundell, graves, tempered], 'constant').describe(
  'Weight of the KL divergence in the loss: nll + weight * KL / N (N training images)',
);
