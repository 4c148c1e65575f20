import { z } from 'zod';
import { configSchema } from './schema.js';

/** The JSON Schema (draft 7, what editors know best) of a config file, generated from the zod schema. */
export function jsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return { $schema, title: 'bayescnn config', ...rest };
}

/** The text of schema/config.schema.json. */
export function jsonSchemaText(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}
