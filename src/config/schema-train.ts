import { z } from 'zod';
import { klSchema } from './schema-kl.js';
import { optimizerSchema } from './schema-optimizer.js';
import { scheduleSchema } from './schema-schedule.js';

/** `train`: epochs, batches, optimizer, schedule and KL weight. */
export const trainSchema = z
  .strictObject({
    epochs: z.int().min(1).default(20).describe('Passes over the training images; >= 1'),
    batchSize: z.int().min(1).default(128).describe('Images in a mini-batch; >= 1'),
    optimizer: optimizerSchema,
    schedule: scheduleSchema,
    kl: klSchema,
    printEvery: z.int().min(1).default(2000).describe('Mini-batches between two printed mean losses'),
  })
  .prefault({})
  .describe('Training');
