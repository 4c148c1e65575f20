import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, exists, pages, readPage, relativeLinks } from './pages.js';

const isPage = (file: string): boolean => file.endsWith('.md');

/** What is wrong with a link of a page; nothing where it leads somewhere. */
function fault(page: string, target: string): string | undefined {
  const [file, anchor] = target.split('#') as [string, string | undefined];
  const meant = file === '' ? page : path.join(path.dirname(page), file);
  if (!exists(meant)) return `${target}: there is no ${meant}`;
  if (anchor === undefined) return undefined;
  if (isPage(meant) && anchors(readPage(meant)).has(anchor)) return undefined;
  return `${target}: ${meant} has no heading for it`;
}

describe('links between pages', () => {
  it.each(pages)('of %s lead to files and headings that are there', (page) => {
    const links = relativeLinks(readPage(page));
    expect(
      links.flatMap(({ where, target }) => fault(page, target)?.replace(/^/, `${where}: `) ?? []),
    ).toEqual([]);
  });

  it('are found, and wrong ones are', () => {
    expect(relativeLinks(readPage('README.md')).map(({ target }) => target)).toContain('docs/commands.md');
    expect(fault('README.md', 'docs/command.md')).toMatch(/there is no/);
    expect(fault('docs/config.md', 'methods.md#kl-weights')).toBeUndefined();
    expect(fault('docs/config.md', 'methods.md#kl-weight')).toMatch(/no heading/);
  });

  it('reach every page of docs/ from the front page', () => {
    const targets = relativeLinks(readPage('README.md')).map(({ target }) => target.split('#')[0]);
    const docs = pages.filter((page) => page.startsWith('docs/'));
    expect(docs.filter((page) => !targets.includes(page))).toEqual([]);
  });
});
