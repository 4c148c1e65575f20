import * as z from 'zod';
import { dataSchema } from './schema-data.js';
import { modelSchema } from './schema-model.js';
import { trainSchema } from './schema-train.js';

const evalSchema = z
  .strictObject({
    samples: z.int().min(1).default(10).describe('Posterior samples behind each prediction; a CNN uses 1'),
    every: z.int().min(1).default(1).describe('Epochs between two evaluations; >= 1'),
    batchSize: z.int().min(1).default(500).describe('Images evaluated at a time; no effect on results'),
  })
  .prefault({})
  .describe('Evaluation on the test images');

const backendSchema = z
  .strictObject({
    kind: z
      .enum(['auto', 'simd', 'tensorflow', 'webgpu', 'cpu'])
      .default('auto')
      .describe('The engine; auto: tensorflow where a CUDA device is in use, else simd'),
    threads: z
      .int()
      .min(0)
      .max(1024)
      .default(0)
      .describe('Worker threads; 0: all cores. No effect on results'),
    relaxed: z
      .boolean()
      .default(false)
      .describe('Allow relaxed SIMD (fused multiply-add): faster, but results differ between machines'),
  })
  .prefault({})
  .describe('Where the numbers are computed');

/** The whole config file; every default of the program is stated here and nowhere else. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional().describe('For editors: the path of config.schema.json'),
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
        error: () => 'expected letters, digits, ".", "_" and "-" (at most 100, first a letter or digit)',
      })
      .default('run')
      .describe('Name of the run folder; default: the name of the config file'),
    notes: z.string().default('').describe('For readers: what this is, its command and expected result'),
    seed: z.int().min(0).default(0).describe('The one seed of all random numbers, 0 to 2^53 - 1'),
    data: dataSchema,
    model: modelSchema,
    train: trainSchema,
    eval: evalSchema,
    backend: backendSchema,
  })
  .describe('One bayescnn experiment');

/** Everything readonly, all the way down. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** A resolved config: every default filled in, frozen; `$schema` is dropped, it only helps editors. */
export type Config = DeepReadonly<Omit<z.output<typeof configSchema>, '$schema'>>;

/** What a config file holds: every setting may be left out. */
export type ConfigInput = DeepReadonly<z.input<typeof configSchema>>;
