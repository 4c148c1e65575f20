import * as z from 'zod';
import { tagged } from './tagged.js';

const warmup = z
  .number()
  .min(0)
  .default(0)
  .describe('Epochs, or a part of one, in which the learning rate rises linearly to its course; >= 0');

const constant = z.strictObject({
  kind: z.literal('constant').describe('The learning rate never changes'),
  warmup,
});

const step = z.strictObject({
  kind: z
    .literal('step')
    .describe(
      'Times "gamma" after every "every" epochs or after each of "milestones", as StepLR, MultiStepLR',
    ),
  every: z.int().min(1).nullable().default(null).describe('Epochs between two drops; null: see "milestones"'),
  milestones: z
    .array(z.int().min(1))
    .refine(
      (epochs) => epochs.every((epoch, i) => i === 0 || epoch > epochs[i - 1]),
      'expected rising epochs',
    )
    .default([])
    .describe('Epochs after which the learning rate drops, in rising order; []: see "every"'),
  gamma: z.number().gt(0).lte(1).default(0.1).describe('Factor of a drop, in (0, 1]'),
  warmup,
});

const cosine = z.strictObject({
  kind: z
    .literal('cosine')
    .describe('Half a cosine from the learning rate to "to" over all steps of the run'),
  to: z.number().min(0).default(0).describe('The final learning rate; >= 0'),
  warmup,
});

const oneCycle = z.strictObject({
  kind: z
    .literal('one-cycle')
    .describe('Half a cosine up, half a cosine down, Smith & Topin 2018, as OneCycleLR; momentum stays'),
  pctStart: z.number().gt(0).lt(1).default(0.3).describe('Part of the steps that goes up, in (0, 1)'),
  divFactor: z
    .number()
    .min(1)
    .default(25)
    .describe('The first learning rate is learningRate / divFactor; >= 1'),
  finalDivFactor: z
    .number()
    .min(1)
    .default(1e4)
    .describe('The last learning rate is the first one / finalDivFactor; >= 1'),
  warmup,
});

/** `train.schedule` */
export const scheduleSchema = tagged([constant, step, cosine, oneCycle], 'cosine').describe(
  'Course of the learning rate',
);
