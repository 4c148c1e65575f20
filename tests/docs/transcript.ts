import type { Block } from './pages.js';

/** A command and what the page shows of its output. */
export interface Shown {
  where: string;
  command: string;
  /** Undefined where the page shows nothing of it. */
  output: string | undefined;
}

/**
 * What a page tells of a session: commands of `sh` blocks, the last of which may have its output in the `text` block behind it,
 * and `text` blocks of commands behind `$ `, each with its output below.
 */
export function transcriptOf(blocks: readonly Block[]): Shown[] {
  const shown: Shown[] = [];
  for (const { where, language, text } of blocks) {
    const typed = text.split(/^\$ /m);
    if (language === 'sh')
      for (const command of text.trimEnd().split('\n')) shown.push({ where, command, output: undefined });
    else if (typed.length === 1) (shown.at(-1) as Shown).output = text;
    else
      for (const part of typed.slice(1)) {
        const [command, ...lines] = part.split('\n');
        shown.push({ where, command: command as string, output: `${lines.join('\n').trimEnd()}\n` });
      }
  }
  return shown;
}

/** Matches what a page shows: `...` within a line is any text, as a line of its own any lines. */
export function patternOf(output: string): RegExp {
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) =>
      line === '...'
        ? '(?:.*\n)*?'
        : `${line
            .split(/ *\.\.\./)
            .map(escaped)
            .join('.*')}\n`,
    );
  return new RegExp(`^${lines.join('')}$`);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
