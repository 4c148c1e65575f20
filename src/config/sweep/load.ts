import path from 'node:path';
import { BayescnnError } from '../../errors.js';
import { quoteJson } from '../../strict-json.js';
import { readConfigValue } from '../load.js';
import { explain, valueAt } from '../problems.js';
import { type Sweep, sweepSchema } from './schema.js';

/** A sweep whose base is the config itself. */
export type LoadedSweep = Omit<Sweep, '$schema' | 'base'> & { readonly base: unknown };

/**
 * Reads a sweep file and the config that it starts from.
 * @throws BayescnnError 'config' that lists every problem of the file
 */
export async function loadSweep(file: string): Promise<LoadedSweep> {
  const { $schema: _, ...sweep } = parseSweep(await readConfigValue(file), file);
  const { base } = sweep;
  if (typeof base !== 'string') return { ...sweep, base };
  return { ...sweep, base: await readConfigValue(path.resolve(path.dirname(file), base)) };
}

function parseSweep(value: unknown, where: string): Sweep {
  const result = sweepSchema.safeParse(value, { error: explain });
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') return `${dotted([...issue.path, issue.keys[0]])}unknown setting`;
    return `${dotted(issue.path)}${issue.message}, got ${quoteJson(valueAt(value, issue.path))}`;
  });
  const message = lines.length === 1 ? lines[0] : `${lines.length} problems\n  ${lines.join('\n  ')}`;
  throw new BayescnnError('config', `${where}: ${message}`, {
    hint: 'schema/sweep.schema.json describes a sweep; configs/sweeps/ holds working examples',
  });
}

const dotted = (at: readonly PropertyKey[]): string =>
  at.length === 0 ? '' : `${at.map(String).join('.')}: `;
