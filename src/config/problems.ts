import * as z from 'zod';
import { didYouMean } from '../nearest.js';
import { quoteJson as show } from '../strict-json.js';
import { keysAt, kindOf, objectsAt } from './settings.js';

const TYPES: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  object: 'an object {...}',
  array: 'an array [...]',
  tuple: 'an array [...]',
};

function typeName(issue: z.core.$ZodRawIssue): string {
  // zod calls a whole number that is not even a number just "number".
  const expected = String(isWhole(issue.inst) ? 'int' : issue.expected);
  return TYPES[expected] ?? expected;
}

function isWhole(schema: unknown): boolean {
  return schema instanceof z.ZodNumber && schema.format === 'safeint';
}

const oneOf = (values: readonly unknown[]): string =>
  `expected ${values.length === 1 ? '' : 'one of '}${values.map(show).join(', ')}`;

function bound(issue: z.core.$ZodRawIssue, sign: '>' | '<', limit: unknown): string {
  if (issue.origin === 'array') return `expected ${limit} values`;
  if (issue.origin === 'string') return 'expected a string that is not empty';
  return `expected a number ${sign}${issue.inclusive ? '=' : ''} ${limit}`;
}

/** What is wrong with one value, in our words; zod's error map (schema-level messages take precedence). */
export function explain(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeName(issue)}`;
    case 'too_small':
      return bound(issue, '>', issue.minimum);
    case 'too_big':
      return bound(issue, '<', issue.maximum);
    case 'invalid_value':
      return oneOf(issue.values as unknown[]);
    case 'invalid_union':
      // An option that may be left out is listed as undefined too.
      return oneOf(((issue.options as unknown[] | undefined) ?? []).filter((kind) => kind !== undefined));
    default:
      return issue.message ?? `failed the check "${issue.code}"`;
  }
}

/** The value at a path of plain data; undefined when there is none. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** Names the kind that an unknown key would belong to, or the nearest key. */
function remedy(path: readonly PropertyKey[], key: string): string {
  const owner = objectsAt(path).find(({ shape }) => Object.hasOwn(shape, key));
  if (owner !== undefined) return `; it belongs to "kind": "${kindOf(owner)}"`;
  return didYouMean(key, keysAt(path));
}

/** Every allowed string under `values` or `options`, for a "did you mean". */
function choices(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return issue.errors.flat().flatMap(choices);
  const listed = 'values' in issue ? issue.values : 'options' in issue ? issue.options : [];
  return Array.isArray(listed) ? listed.filter((value) => typeof value === 'string') : [];
}

/**
 * One line for each problem: `path: what, got X`.
 * @param input the value that was parsed, to quote what was got
 */
export function problemLines(error: z.ZodError, input: unknown): string[] {
  return error.issues.flatMap((issue) => {
    const at = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const got = show(valueAt(input, [...at, key]));
        return `${[...at, key].join('.')}: unknown setting, got ${got}${remedy(at, key)}`;
      });
    }
    const got = valueAt(input, at);
    const meant = typeof got === 'string' ? didYouMean(got, choices(issue)) : '';
    return [`${at.length === 0 ? '' : `${at.join('.')}: `}${issue.message}, got ${show(got)}${meant}`];
  });
}
