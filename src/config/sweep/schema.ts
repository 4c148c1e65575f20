import * as z from 'zod';

/** A name that becomes part of run names: the figures of a run are found by it. */
const label = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+-]{0,39}$/, {
  error: () => 'expected letters, digits, ".", "+" and "-" (at most 40, first a letter or digit)',
});

const settings = z
  .record(z.string(), z.json())
  .describe('Settings of the config by their paths, e.g. {"train.epochs": 5}');

const variants = z
  .record(label, settings)
  .refine((value) => Object.keys(value).length > 0, { error: () => 'expected at least one variant' })
  .describe('Named variants, each with the settings that make it');

const values = z.array(z.json()).min(1).describe('Values of the setting that the axis is named after');

const span = z
  .strictObject({
    min: z.number(),
    max: z.number(),
    scale: z.enum(['linear', 'log']).default('linear').describe('log: even in the logarithm, above 0'),
    whole: z.boolean().default(false).describe('Whole numbers only'),
  })
  .refine(({ min, max }) => min <= max, { error: () => 'expected "min" at most "max"' })
  .refine(({ min, scale }) => scale === 'linear' || min > 0, {
    error: () => 'expected "min" above 0 on a log scale',
  })
  .describe('A range to draw from');

const listAxes = z
  .record(z.string(), z.union([values, variants]))
  .describe('By setting path: its values. By any other name: variants');

const drawnAxes = z
  .record(z.string(), z.union([values, span, variants]))
  .describe('As for a grid; a range is drawn from');

const seed = z.int().min(0).default(0).describe('Of the draws');

const grid = z.strictObject({ kind: z.literal('grid'), axes: listAxes });
const list = z.strictObject({ kind: z.literal('list'), points: variants });
const random = z.strictObject({
  kind: z.literal('random'),
  points: z.int().min(1).describe('Points to draw; equal draws count once'),
  seed,
  axes: drawnAxes,
});
const halving = z.strictObject({
  kind: z.literal('halving'),
  points: z.int().min(2).describe('Points to draw for the first rung'),
  seed,
  axes: drawnAxes,
  epochs: z.int().min(1).describe('Epochs of the first rung; each later one has eta times as many'),
  eta: z.int().min(2).default(3).describe('One point in eta goes on to the next rung'),
  rungs: z.int().min(2).default(3),
});

/** A sweep file: a base config, what is varied, and the seeds of each point. */
export const sweepSchema = z
  .strictObject({
    $schema: z.string().optional().describe('For editors: the path of sweep.schema.json'),
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
        error: () => 'expected letters, digits, ".", "_" and "-" (at most 100, first a letter or digit)',
      })
      .describe('Name of the sweep folder; default: the name of the file'),
    notes: z.string().default(''),
    base: z
      .union([z.string().min(1), z.record(z.string(), z.json())])
      .describe('The config that all runs start from: a file, relative to this one, or the config itself'),
    set: settings.prefault({}).describe('Settings of all runs'),
    search: z.discriminatedUnion('kind', [grid, list, random, halving]).describe('What is varied'),
    seeds: z
      .array(z.int().min(0))
      .min(1)
      .refine((all) => new Set(all).size === all.length, { error: () => 'expected each seed once' })
      .default([0])
      .describe('Every point is trained once with each'),
  })
  .describe('One bayescnn sweep: many runs of one config with settings varied');

export type Sweep = z.output<typeof sweepSchema>;
export type Search = Sweep['search'];
export type Settings = Readonly<Record<string, unknown>>;
export type Span = z.output<typeof span>;
export type Axis = z.output<typeof drawnAxes>[string];
