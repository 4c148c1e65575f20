import * as z from 'zod';

const count = z.int().min(1);
const SUBSET_SHAPE = 'expected null, a whole number >= 1, or {"train": N, "test": N} with whole numbers >= 1';

/** Images that a run uses: all, the same number from each split, or one number for each. */
const subset = z
  .union(
    [
      z.null(),
      count,
      z.strictObject({ train: count.describe('Training images'), test: count.describe('Test images') }),
    ],
    { error: () => SUBSET_SHAPE },
  )
  .default(null)
  .describe('Images to use: null for all, N for N training and N test images, or {"train": N, "test": N}');

const channels = z.tuple([z.number(), z.number(), z.number()]);
const positiveChannels = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);

const normalize = z
  .strictObject({
    mean: channels.default([0.5, 0.5, 0.5]).describe('Subtracted from red, green and blue, pixels in [0, 1]'),
    std: positiveChannels
      .default([0.5, 0.5, 0.5])
      .describe('Divides red, green and blue after the mean; > 0'),
  })
  .prefault({})
  .describe('Per-channel normalisation: (pixel / 255 - mean) / std');

/** `data`: which images, how many, how normalised. */
export const dataSchema = z
  .strictObject({
    source: z
      .enum(['cifar10', 'synthetic'])
      .default('cifar10')
      .describe('cifar10: the CIFAR-10 archive (downloaded once); synthetic: generated, no network'),
    archive: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('Path of an archive on disk; null: the download cache'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: () => 'expected null or 64 lowercase hexadecimal digits' })
      .nullable()
      .default(null)
      .describe('The archive must have this sha256; null: it must be the official archive'),
    subset,
    validation: z
      .number()
      .min(0)
      .refine((value) => value < 1 || Number.isInteger(value), 'expected a count, or a fraction below 1')
      .default(0)
      .describe('Training images held back for validation, a count or a fraction below 1; 0: none'),
    normalize,
    augment: z
      .array(z.enum(['crop', 'flip']))
      .refine((kinds) => new Set(kinds).size === kinds.length, 'expected each augmentation once')
      .default([])
      .describe(
        'Training images only, anew each epoch. crop: 32 x 32 at random from the image with 4 black pixels around it; ' +
          'flip: mirrored left to right with probability 1/2',
      ),
  })
  .prefault({})
  .describe('The images');
