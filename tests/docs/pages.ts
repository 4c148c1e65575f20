import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** Markdown files of a folder, as paths below the package's folder. */
function markdownIn(folder: string): string[] {
  return readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => path.join(folder, file));
}

/** What users read and copy from. The front page is first: other pages go on with the runs that it makes. */
export const guides = [
  'README.md',
  ...markdownIn('docs'),
  'bench/README.md',
  ...markdownIn('.').filter((file) => /^CONTRIBUTING/.test(file)),
];

/** Every page of the package. */
export const pages = [...new Set([...guides, ...markdownIn('.'), ...markdownIn('notes')])];

export interface Block {
  /** The page and line that it starts on. */
  where: string;
  page: string;
  /** The word behind the fence. */
  language: string;
  text: string;
}

interface Page {
  name: string;
  blocks: Block[];
  /** Lines outside of blocks. */
  prose: { where: string; text: string }[];
}

/** A page's fenced blocks, and the rest. */
export function readPage(name: string): Page {
  const page: Page = { name, blocks: [], prose: [] };
  let open: Block | undefined;
  for (const [i, line] of readFileSync(path.join(root, name), 'utf8').split('\n').entries()) {
    const where = `${name}:${i + 1}`;
    const [, language] = /^ *```(.*)$/.exec(line) ?? [];
    if (language !== undefined) {
      if (open !== undefined) page.blocks.push(open);
      open = open === undefined ? { where, page: name, language, text: '' } : undefined;
    } else if (open !== undefined) open.text += `${line}\n`;
    else page.prose.push({ where, text: line });
  }
  if (open !== undefined) throw new Error(`${open.where}: a block without an end`);
  return page;
}

/** Code within a page's lines, e.g. `--json`. */
export function inlineCode({ prose }: Page): { where: string; code: string }[] {
  return prose.flatMap(({ where, text }) =>
    [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => ({ where, code: code as string })),
  );
}

/** Targets of a page's links that are not on the web. */
export function relativeLinks({ prose }: Page): { where: string; target: string }[] {
  return prose.flatMap(({ where, text }) =>
    [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => ({ where, target: target as string }))
      .filter(({ target }) => !/^[a-z]+:/.test(target)),
  );
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors({ prose }: Page): Set<string> {
  const seen = new Map<string, number>();
  const all = prose.flatMap(({ text }) => {
    const [, heading] = /^#+ (.*)$/.exec(text) ?? [];
    if (heading === undefined) return [];
    const slug = heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-');
    const earlier = seen.get(slug) ?? 0;
    seen.set(slug, earlier + 1);
    return [earlier === 0 ? slug : `${slug}-${earlier}`];
  });
  return new Set(all);
}

/** The rows of a page's tables, split into cells. */
export function tableRows({ prose }: Page): { where: string; cells: string[] }[] {
  return prose
    .filter(({ text }) => /^\|/.test(text))
    .map(({ where, text }) => ({
      where,
      cells: text
        .replace(/^\|\s*|\s*\|$/g, '')
        .split(/(?<!\\)\s*\|\s*/)
        .map((cell) => cell.replaceAll('\\|', '|')),
    }));
}

export const exists = (file: string): boolean => existsSync(path.join(root, file));
