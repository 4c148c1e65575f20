import type { Config } from './schema.js';
import { choicesAt, descriptionAt, kindsAt } from './settings.js';

const WIDTH = 100;

/** Breaks a text into lines of comments. */
function comment(text: string, indent: string): string[] {
  const room = WIDTH - indent.length - '// '.length;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `${indent}// ${line}`);
}

/** What stands above a setting: its description and choices; of a choice between kinds, each of them. */
function commentsOf(path: readonly string[], indent: string): string[] {
  const kinds = path.at(-1) === 'kind' ? kindsAt(path.slice(0, -1)) : [];
  if (kinds.length > 0) {
    return kinds.flatMap(({ kind, description }) => comment(`"${kind}": ${description ?? kind}`, indent));
  }
  const text = descriptionAt(path);
  return text === undefined ? [] : comment(`${text}${choicesText(path, text)}`, indent);
}

/** The choices that a description does not name itself. */
function choicesText(path: readonly string[], description: string): string {
  const choices = choicesAt(path);
  if (choices.every((choice) => description.includes(choice) || /^(true|false)$/.test(choice))) return '';
  return ` (one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')})`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A list on one line, as the shipped configs have it. */
function valueText(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
    : JSON.stringify(value);
}

function objectText(value: Record<string, unknown>, path: readonly string[]): string {
  const indent = '  '.repeat(path.length + 1);
  const entries = Object.entries(value);
  const texts = entries.map(([key, item], i) => {
    const at = [...path, key];
    const own = isObject(item) ? objectText(item, at) : valueText(item);
    const comma = i === entries.length - 1 ? '' : ',';
    const gap = isObject(item) && i > 0 ? [''] : [];
    return [...gap, ...commentsOf(at, indent), `${indent}${JSON.stringify(key)}: ${own}${comma}`].join('\n');
  });
  return `{\n${texts.join('\n')}\n${'  '.repeat(path.length)}}`;
}

/**
 * A config as the text of a file in which comments say what each setting means; `loadConfig` reads it back.
 * @param schema what `$schema` names: path or URL of config.schema.json
 */
export function commentedConfig(config: Config, schema: string): string {
  return `${objectText({ $schema: schema, ...config }, [])}\n`;
}
