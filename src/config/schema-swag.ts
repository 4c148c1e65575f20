import * as z from 'zod';

/** `train.swag` */
export const swagSchema = z
  .strictObject({
    start: z.int().min(0).default(15).describe('Epochs before collecting begins; less than "epochs"'),
    every: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('Mini-batches between two collections; null: one at the end of each epoch'),
    learningRate: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe('The learning rate from "start" on, constant; null: the schedule goes on'),
    scale: z
      .number()
      .min(0)
      .default(0.5)
      .describe(
        "Factor of the collected variance in a sample; 1/2 is the authors' choice; 0: their mean alone, stochastic weight averaging (SWA, Izmailov et al. 2018)",
      ),
  })
  .nullable()
  .default(null)
  .describe(
    'SWAG-diagonal, Maddox et al. 2019: evaluation draws all weights from N(mean, scale variance) of those collected; null: off',
  );
