import { describe, expect, it } from 'vitest';
import { guides, inlineCode, readPage } from './pages.js';
import { flagsOf, leaves } from './program.js';

const all = leaves();

/** What pages say of each command: the text below its heading. */
function sectionsOf(page: string): { heading: string; text: string }[] {
  const lines = readPage(page).prose.map(({ text }) => text);
  return lines
    .join('\n')
    .split(/^(?=## )/m)
    .map((text) => ({ heading: text.split('\n')[0] as string, text }));
}

/** `data fetch` is under `data`; `sweep` has a page of its own. */
function textAbout(name: string): string {
  if (name === 'sweep')
    return sectionsOf('docs/sweeps.md')
      .map(({ text }) => text)
      .join('');
  const first = name.split(' ')[0];
  const sections = sectionsOf('docs/commands.md');
  return sections
    .filter(({ heading }) => new RegExp(`\`${first}[ \`]`).test(heading))
    .map(({ text }) => text)
    .join('');
}

const mentions = (text: string, flag: string): boolean => new RegExp(`\`${flag}(?![\\w-])`).test(text);

describe('docs/commands.md', () => {
  it.each(all.map((leaf) => [leaf.name, leaf] as const))('tells %s and each of its flags', (name, leaf) => {
    const text = textAbout(name);
    expect(text).toContain(`\`${name}`);
    expect(flagsOf(leaf).filter((flag) => !mentions(text, flag))).toEqual([]);
  });

  it('tells every exit code of the help', () => {
    const text = sectionsOf('docs/commands.md').find(({ heading }) => heading === '## Exit codes')?.text;
    for (const code of [0, 1, 2, 3, 4, 130]) expect(text).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });
});

describe('code within the pages', () => {
  const codes = guides.flatMap((page) => inlineCode(readPage(page)));
  // `--target` is that of scripts/fuzz.mjs, `--omit` npm's.
  const foreign = ['--target', '--omit'];
  const flags = new Set(['--help', '--version', '--plain', ...foreign, ...all.flatMap(flagsOf)]);
  const names = new Set(all.flatMap(({ name }) => [name, name.split(' ')[0] as string]));

  it('names flags that exist', () => {
    const named = codes.filter(({ code }) => code.startsWith('--'));
    expect(named.length).toBeGreaterThan(100);
    const wrong = named.filter(({ code }) =>
      [...code.matchAll(/(?<![\w=-])--[a-z][a-z0-9-]*/g)].some(([flag]) => !flags.has(flag)),
    );
    expect(wrong).toEqual([]);
  });

  it('names commands with flags that they have', () => {
    const calls = codes.flatMap(({ where, code }) => {
      const [, call] = /^(?:npx )?bayescnn ([a-z].*)$/.exec(code) ?? [];
      return call === undefined ? [] : [{ where, words: call.split(/\s+/) }];
    });
    expect(calls.length).toBeGreaterThan(10);
    const wrong = calls.filter(({ words }) => {
      const leaf = all.find(({ name }) => words.join(' ').concat(' ').startsWith(`${name} `));
      if (leaf === undefined) return !names.has(words[0] as string);
      const known = [...flagsOf(leaf), '--help', '--plain'];
      return words.some((word) => word.startsWith('--') && !known.includes(word.split('=')[0] as string));
    });
    expect(wrong).toEqual([]);
  });
});
