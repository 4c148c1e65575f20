import * as z from 'zod';
import { tagged } from './tagged.js';

const stop = z.strictObject({
  kind: z.literal('stop').describe('The run ends with an error; its last checkpoint stays'),
});

const rollback = z.strictObject({
  kind: z
    .literal('rollback')
    .describe('The run goes back to the end of the last epoch, and on at a smaller learning rate'),
  times: z.int().min(1).default(3).describe('Rollbacks of a run; when it diverges once more, it ends; >= 1'),
  factor: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe('Factor of the learning rate from each rollback on, in (0, 1)'),
});

/** `train.onDivergence` */
export const divergenceSchema = tagged([stop, rollback], 'stop').describe(
  'What a run does whose loss or weights are no longer finite',
);
