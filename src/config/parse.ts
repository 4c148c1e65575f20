import type * as z from 'zod';
import { BayescnnError } from '../errors.js';
import { quoteJson as show } from '../strict-json.js';
import { CROSS_CHECKS } from './cross-checks.js';
import { deepFreeze } from './freeze.js';
import { explain, problemLines, valueAt } from './problems.js';
import { covers, withoutProblems } from './repair.js';
import { type Config, configSchema } from './schema.js';

const HINT = 'schema/config.schema.json describes every setting; configs/ holds working examples';
const MAX_REPAIRS = 8;

type Resolved = z.output<typeof configSchema>;
type Path = readonly PropertyKey[];
type Result = z.ZodSafeParseResult<Resolved>;

// `jitless`: what a config's schema is compiled to would run once, and takes as long as the whole check without.
const check = (value: unknown): Result => configSchema.safeParse(value, { error: explain, jitless: true });

/** Broken rules between settings, leaving out rules about settings that are wrong themselves. */
function brokenRules(config: Resolved, removed: readonly Path[]): string[] {
  const usable = (input: string): boolean => !removed.some((path) => covers(path, input));
  return CROSS_CHECKS.filter(({ inputs, holds }) => inputs.every(usable) && !holds(config)).map(
    ({ inputs: [path], message }) =>
      `${path}: ${typeof message === 'string' ? message : message(config)}, got ${show(valueAt(config, path.split('.')))}`,
  );
}

/**
 * The config with defaults in place of its wrong settings, and what they took with them. Removing half of a
 * pair can make the pair wrong in turn, hence the rounds; undefined when the config is wrong as a whole.
 */
function repaired(value: unknown, first: z.ZodError): { config: Resolved; removed: Path[] } | undefined {
  let current = value;
  let error = first;
  const removed: Path[] = [];
  for (let round = 0; round < MAX_REPAIRS; round++) {
    const rest = withoutProblems(current, error.issues);
    if (rest === undefined) return undefined;
    removed.push(...rest.removed);
    const result = check(rest.value);
    if (result.success) return { config: result.data, removed };
    current = rest.value;
    error = result.error;
  }
  return undefined;
}

/** One line a problem: wrong settings first, then broken rules between the others. */
function allProblems(value: unknown, result: Result): string[] {
  if (result.success) return brokenRules(result.data, []);
  const rest = repaired(value, result.error);
  const rules = rest === undefined ? [] : brokenRules(rest.config, rest.removed);
  return [...problemLines(result.error, value), ...rules];
}

/**
 * Checks a parsed JSON value against the schema and fills in every default.
 * @param where starts the message: usually the file
 * @returns the config, deep-frozen
 * @throws BayescnnError 'config' that lists every problem with its path and what was got
 */
export function parseConfig(value: unknown, where: string): Config {
  const result = check(value);
  const lines = allProblems(value, result);
  if (result.success && lines.length === 0) {
    const { $schema: _, ...config } = result.data;
    return deepFreeze(config);
  }
  const message = lines.length === 1 ? lines[0] : `${lines.length} problems\n  ${lines.join('\n  ')}`;
  throw new BayescnnError('config', `${where}: ${message}`, { hint: HINT });
}
