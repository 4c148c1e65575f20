import { BayescnnError } from '../errors.js';
import { didYouMean } from '../nearest.js';
import { quoteJson as show, strictJson } from '../strict-json.js';
import { keysAt, kindOf, objectsAt, settingPaths } from './settings.js';

type Json = Record<string, unknown>;

/** One `--set path=value`. */
interface Override {
  text: string;
  path: string[];
  value: unknown;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const MAX_SHOWN = 120;

/** An override as it may be printed in a message. */
export const brief = (text: string): string =>
  text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parseValue(name: string, text: string): unknown {
  // Not JSON means a plain string, so that --set data.source=synthetic needs no quotes.
  if (!isJson(text)) return text;
  try {
    return strictJson(text);
  } catch (cause) {
    throw new BayescnnError('usage', `--set ${name}: expected plain JSON, got ${(cause as Error).message}`, {
      hint: 'name each key once, or put the value into the config file',
      cause,
    });
  }
}

/** The setting meant by an unknown path: one with the same last name (`epochs`), else the nearest. */
function suggestion(path: string, known: readonly string[]): string {
  const last = path.split('.').at(-1);
  const sameName = known.filter((candidate) => candidate.split('.').at(-1) === last);
  if (sameName.length > 0) return `; did you mean ${sameName.map((name) => `"${name}"`).join(' or ')}?`;
  return didYouMean(path, known);
}

/** A sweep has thousands of overrides; the schema does not change meanwhile. */
let paths: string[] | undefined;

function knownPaths(): string[] {
  paths ??= settingPaths();
  return paths;
}

function parseOverride(text: string): Override {
  const equals = text.indexOf('=');
  if (equals <= 0) {
    throw new BayescnnError('usage', `--set: expected path=value, got ${show(text)}`, {
      hint: 'for example --set train.epochs=3',
    });
  }
  const name = text.slice(0, equals);
  const known = knownPaths();
  if (!known.includes(name)) {
    throw new BayescnnError(
      'usage',
      `--set ${brief(text)}: unknown setting, got "${brief(name)}"${suggestion(name, known)}`,
      {
        hint: 'schema/config.schema.json describes every setting',
      },
    );
  }
  return { text, path: name.split('.'), value: parseValue(name, text.slice(equals + 1)) };
}

/** Whether the override picks an option of a tagged union (a prior, a schedule). */
const picksKind = ({ path }: Override): boolean =>
  path.at(-1) === 'kind' && objectsAt(path.slice(0, -1)).length > 1;

/** The object that holds the setting; parents that the file leaves out are made. */
function parentOf(root: Json, { text, path }: Override): Json {
  let parent = root;
  for (const [depth, key] of path.slice(0, -1).entries()) {
    if (parent[key] === undefined || parent[key] === null) parent[key] = {};
    const next = parent[key];
    if (!isObject(next)) {
      const outer = path.slice(0, depth + 1).join('.');
      throw new BayescnnError(
        'usage',
        `--set ${brief(text)}: "${outer}" must be an object to hold it, got ${show(next)}`,
        {
          hint: `set "${outer}" as a whole, with keys ${keysAt(path.slice(0, depth + 1)).join(', ')}`,
        },
      );
    }
    parent = next;
  }
  return parent;
}

/** Drops the file's settings of the kind that an override replaces: they mean nothing to the new one. */
function dropForeignKeys(parent: Json, { path, value }: Override): void {
  const option = objectsAt(path.slice(0, -1)).find((candidate) => kindOf(candidate) === value);
  if (option === undefined) return;
  for (const key of Object.keys(parent)) {
    const foreign = !Object.hasOwn(option.shape, key) && keysAt(path.slice(0, -1)).includes(key);
    if (foreign) delete parent[key];
  }
}

/**
 * Applies `--set path=value` texts, left to right, to a copy of a config file's value; a value that is
 * not JSON is a string. Overrides that pick a kind come first, so that their order does not matter.
 * @throws BayescnnError 'usage' for a text without `=`, an unknown path, or a path through a plain value
 */
export function applyOverrides(value: unknown, texts: readonly string[]): unknown {
  const overrides = texts.map(parseOverride);
  if (!isObject(value)) return value;
  const root = structuredClone(value);
  for (const override of [...overrides.filter(picksKind), ...overrides.filter((each) => !picksKind(each))]) {
    const parent = parentOf(root, override);
    if (picksKind(override)) dropForeignKeys(parent, override);
    parent[override.path.at(-1) as string] = override.value;
  }
  return root;
}
