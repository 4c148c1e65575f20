import * as z from 'zod';
import { divergenceSchema } from './schema-divergence.js';
import { klSchema } from './schema-kl.js';
import { optimizerSchema } from './schema-optimizer.js';
import { scheduleSchema } from './schema-schedule.js';
import { swagSchema } from './schema-swag.js';

const checkpoint = z
  .strictObject({
    everySteps: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('A checkpoint inside an epoch after every so many steps of the run; null: none'),
    everySeconds: z
      .number()
      .positive()
      .nullable()
      .default(60)
      .describe('A checkpoint inside an epoch when the last one is so many seconds old; null: none'),
  })
  .prefault({})
  .describe(
    'What a crash can cost at most; the end of each epoch always has a checkpoint. No effect on results',
  );

/** `train`: epochs, batches, optimizer, schedule, KL weight, checkpoints, and what a run does that diverges. */
export const trainSchema = z
  .strictObject({
    epochs: z.int().min(1).default(20).describe('Passes over the training images; >= 1'),
    batchSize: z.int().min(1).default(128).describe('Images in a mini-batch; >= 1'),
    optimizer: optimizerSchema,
    schedule: scheduleSchema,
    kl: klSchema,
    swag: swagSchema,
    printEvery: z.int().min(1).default(2000).describe('Mini-batches between two printed mean losses'),
    checkpoint,
    onDivergence: divergenceSchema,
  })
  .prefault({})
  .describe('Training');
