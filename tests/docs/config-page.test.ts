import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/index.js';
import { keysAt, settingPaths } from '../../src/config/settings.js';
import { guides, inlineCode, readPage, tableRows } from './pages.js';

const code = (cell: string): string => /^`(.*)`$/.exec(cell)?.[1] ?? '';
const rows = tableRows(readPage('docs/config.md')).filter(({ cells }) => code(cells[0] as string) !== '');

/** What is set by itself: the ends of the tree, and what may be null in place of its settings. */
const isSetting = (name: string): boolean =>
  keysAt(name.split('.')).length === 0 || ['data.subset', 'model.start', 'train.swag'].includes(name);

/** The value at a path, or undefined where the default kind has none. */
function valueAt(value: unknown, name: string): unknown {
  return name
    .split('.')
    .reduce((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
}

describe('docs/config.md', () => {
  it('has a row for every setting, and no other', () => {
    const settings = settingPaths().filter((name) => isSetting(name) && !/^data\.subset\./.test(name));
    expect(rows.map(({ cells }) => code(cells[0] as string)).sort()).toEqual(settings.sort());
  });

  it("tells the schema's defaults", () => {
    const defaults = parseConfig({}, 'defaults');
    const wrong = rows.flatMap(({ where, cells: [name, , told = ''] }) => {
      const value = valueAt(defaults, code(name as string));
      if (value === undefined || code(told.split(/[,;]? /)[0] as string) === JSON.stringify(value)) return [];
      return [`${where}: default ${told} of ${name}, which is ${JSON.stringify(value)}`];
    });
    expect(wrong).toEqual([]);
  });
});

describe('settings in other pages', () => {
  const known = new Set(settingPaths());
  const areas = [
    ...new Set([...known].filter((name) => name.includes('.')).map((name) => name.split('.')[0])),
  ];
  const named = guides.flatMap((page) => inlineCode(readPage(page)));

  it('exist wherever they are named by their path', () => {
    const path = new RegExp(
      `(?<![\\w./-])(?:${areas.join('|')})\\.[a-z][A-Za-z0-9.]*[A-Za-z0-9](?![\\w/(-])`,
      'g',
    );
    const paths = named.flatMap(({ where, code }) =>
      [...code.matchAll(path)].map(([name]) => ({ where, name })),
    );
    expect(paths.length).toBeGreaterThan(50);
    const files = /\.(json|jsonl|md|csv|bin|ts)$/;
    expect(paths.filter(({ name }) => !known.has(name) && !files.test(name))).toEqual([]);
  });
});
