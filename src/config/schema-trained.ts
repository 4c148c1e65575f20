import * as z from 'zod';

/** The settings that name a trained network. */
export const trainedNetwork = {
  run: z
    .string()
    .min(1)
    .describe(
      'Run folder of the network to start from; one without posteriors takes the posterior means of a Bayesian one',
    ),
  checkpoint: z.string().min(1).default('best').describe('best, last or a .safetensors file'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: () => 'expected null or 64 lowercase hexadecimal digits' })
    .nullable()
    .default(null)
    .describe(
      "The checkpoint's tensors must have this sha256; null: any. A run's own config.json has it filled in",
    ),
};

/** `model.start` */
export const startSchema = z
  .strictObject(trainedNetwork)
  .nullable()
  .default(null)
  .describe(
    "Start from a trained run of the same network: its weights or posterior and its running statistics; the optimizer starts anew. null: the seed's weights",
  );
