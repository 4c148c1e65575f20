import * as z from 'zod';
import { configSchema } from './schema.js';

/** The schema inside defaults, nullables and preprocessing. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPipe) return unwrap(schema.out);
  return schema;
}

/** The objects that a value of this schema may be: one, one of a union's, or none. */
function objectsOf(schema: z.core.$ZodType): z.ZodObject[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return [inner];
  if (inner instanceof z.ZodUnion) return inner.options.flatMap(objectsOf);
  return [];
}

/** The objects that may stand at a path of the config; none for a plain value or an unknown path. */
export function objectsAt(path: readonly PropertyKey[]): z.ZodObject[] {
  let objects = objectsOf(configSchema);
  for (const key of path) {
    objects = objects.flatMap(({ shape }) =>
      Object.hasOwn(shape, key) ? objectsOf(shape[String(key)]) : [],
    );
  }
  return objects;
}

/** The keys that may stand in the object at a path. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  return [...new Set(objectsAt(path).flatMap(({ shape }) => Object.keys(shape)))];
}

/** Every setting's dotted path, parents before children. */
export function settingPaths(path: readonly string[] = []): string[] {
  return keysAt(path).flatMap((key) => [[...path, key].join('.'), ...settingPaths([...path, key])]);
}

/** The kind that an option of a tagged union stands for. */
export function kindOf(option: z.ZodObject): string | undefined {
  const kind = unwrap(option.shape.kind ?? z.never());
  return kind instanceof z.ZodLiteral ? String(kind.value) : undefined;
}

/** The text that describes a schema: its own, else that of what it wraps. */
function descriptionOf(schema: z.core.$ZodType): string | undefined {
  const own = z.globalRegistry.get(schema)?.description;
  if (own !== undefined) return own;
  const inner = unwrap(schema);
  return inner === schema ? undefined : descriptionOf(inner);
}

/** What a setting means; of one that several kinds have, as the first of them has it. */
export function descriptionAt(path: readonly string[]): string | undefined {
  const key = path.at(-1) as string;
  const owner = objectsAt(path.slice(0, -1)).find(({ shape }) => Object.hasOwn(shape, key));
  return owner && descriptionOf(owner.shape[key]);
}

/** The kinds that the object at a path may be of. */
export function kindsAt(path: readonly string[]): { kind: string; description: string | undefined }[] {
  return objectsAt(path).flatMap((option) => {
    const kind = kindOf(option);
    return kind === undefined ? [] : [{ kind, description: descriptionOf(option.shape.kind) }];
  });
}

/** The texts that the setting at a path may have; none where it is free. */
export function choicesAt(path: readonly string[]): string[] {
  const key = path.at(-1) as string;
  const schemas = objectsAt(path.slice(0, -1)).flatMap(({ shape }) =>
    Object.hasOwn(shape, key) ? [shape[key]] : [],
  );
  return [...new Set(schemas.flatMap(textsOf))];
}

function textsOf(schema: z.core.$ZodType): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodEnum) return inner.options.map(String);
  if (inner instanceof z.ZodLiteral) return [String(inner.value)];
  if (inner instanceof z.ZodBoolean) return ['true', 'false'];
  return inner instanceof z.ZodUnion ? inner.options.flatMap(textsOf) : [];
}
