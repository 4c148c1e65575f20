import path from 'node:path';
import stripJsonComments from 'strip-json-comments';
import { readBounded } from '../bounded-read.js';
import { BayescnnError } from '../errors.js';
import { type JsonProblem, strictJson } from '../strict-json.js';
import { applyOverrides, brief } from './overrides.js';
import { parseConfig } from './parse.js';
import type { Config } from './schema.js';
import { locateConfig, unreadableHint } from './shipped.js';

/** A config has a few kilobytes; a device or an archive named by mistake must not fill the memory. */
const MAX_BYTES = 4 * 1024 * 1024;

async function readText(file: string): Promise<string> {
  try {
    return (await readBounded(file, MAX_BYTES)).toString('utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    const got = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new BayescnnError('config', `${file}: the config must be a readable file, got ${got}`, {
      hint: unreadableHint(file),
      cause,
    });
  }
}

function parseJson(commented: string, file: string): unknown {
  // Blanks stand where comments were, so that messages count the file's own lines and columns.
  const text = stripJsonComments(commented, { trailingCommas: true });
  try {
    return strictJson(text);
  } catch (cause) {
    const { message, cause: syntax } = cause as JsonProblem;
    throw new BayescnnError('config', `${file}: expected JSON, got ${message}`, {
      hint:
        syntax === undefined
          ? 'name each key once in its object, and nest values as the shipped configs do'
          : 'the place is where reading stopped; what is missing or too much stands there or just before',
      cause,
    });
  }
}

/** A config without a name gets its file's. */
function withName(value: unknown, file: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'name' in value) return value;
  return { name: path.basename(file).replace(/\.jsonc?$/, ''), ...value };
}

/**
 * What a config file says, with the file's name where it has none; nothing is checked yet.
 * @throws BayescnnError 'config' for a file that cannot be read or is not JSON
 */
export async function readConfigValue(file: string): Promise<unknown> {
  return withName(parseJson(await readText(file), file), file);
}

/**
 * Reads a config file, applies `--set path=value` overrides and resolves every default.
 * @param given a JSON file, which may have comments and a comma after a last item, or the name of a
 *   shipped config, e.g. `quickstart`
 * @param overrides texts `path=value`; a value that is not JSON is a string
 * @returns the config, deep-frozen
 * @throws BayescnnError 'config' or 'usage' (both exit 2)
 */
export async function loadConfig(given: string, overrides: readonly string[] = []): Promise<Config> {
  const file = locateConfig(given);
  const value = await readConfigValue(file);
  const where =
    overrides.length === 0
      ? file
      : `${file} with ${overrides.map((text) => `--set ${brief(text)}`).join(' ')}`;
  return parseConfig(applyOverrides(value, overrides), where);
}
