import * as z from 'zod';
import { configSchema } from './schema.js';
import { sweepSchema } from './sweep/schema.js';

/** The JSON Schema (draft 7, what editors know best) of a config file, generated from the zod schema. */
export function jsonSchema(): Record<string, unknown> {
  return schemaOf(configSchema, 'bayescnn config');
}

/** The same of a sweep file. */
export function sweepJsonSchema(): Record<string, unknown> {
  return schemaOf(sweepSchema, 'bayescnn sweep');
}

function schemaOf(of: z.ZodType, title: string): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(of, { io: 'input', target: 'draft-7' });
  return { $schema, title, ...rest };
}

/** The texts of the files in schema/, by name. */
export function schemaFiles(): Record<string, string> {
  const text = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;
  return {
    'config.schema.json': text(jsonSchema()),
    'sweep.schema.json': text(sweepJsonSchema()),
  };
}
