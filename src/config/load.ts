import { readFile } from 'node:fs/promises';
import path from 'node:path';
import stripJsonComments from 'strip-json-comments';
import { BayescnnError } from '../errors.js';
import { duplicateKey } from '../results/duplicate-key.js';
import { applyOverrides } from './overrides.js';
import { parseConfig } from './parse.js';
import type { Config } from './schema.js';
import { locateConfig, unreadableHint } from './shipped.js';

async function readText(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    const got = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new BayescnnError('config', `${file}: the config must be a readable file, got ${got}`, {
      hint: unreadableHint(file),
      cause,
    });
  }
}

/** V8 says where JSON breaks off as a character offset; people count lines. */
function place(text: string, reason: string): string {
  const offset = /position (\d+)/.exec(reason)?.[1];
  if (offset === undefined || /line \d+/.test(reason)) return reason;
  const before = text.slice(0, Number(offset)).split('\n');
  return `${reason} (line ${before.length} column ${(before.at(-1) as string).length + 1})`;
}

function parseJson(commented: string, file: string): unknown {
  // Blanks stand where comments were, so that messages count the file's own lines and columns.
  const text = stripJsonComments(commented, { trailingCommas: true });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BayescnnError(
      'config',
      `${file}: expected JSON, got ${place(text, (cause as Error).message)}`,
      {
        hint: 'the place is where reading stopped; what is missing or too much stands there or just before',
        cause,
      },
    );
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) {
    throw new BayescnnError('config', `${file}: expected each key once, got "${twice}" twice in one object`, {
      hint: 'remove one of them',
    });
  }
  return value;
}

/** A config without a name gets its file's. */
function withName(value: unknown, file: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'name' in value) return value;
  return { name: path.basename(file).replace(/\.jsonc?$/, ''), ...value };
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
  const value = withName(parseJson(await readText(file), file), file);
  const where =
    overrides.length === 0 ? file : `${file} with ${overrides.map((text) => `--set ${text}`).join(' ')}`;
  return parseConfig(applyOverrides(value, overrides), where);
}
