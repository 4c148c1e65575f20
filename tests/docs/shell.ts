import { type Block, guides, readPage } from './pages.js';

/** A command that a page tells its reader to type. */
export interface DocumentedCommand {
  /** Page and line of its block. */
  where: string;
  text: string;
}

/** A block's commands: lines, those that end in a backslash joined with the next. */
function commandsOf({ where, text }: Block): DocumentedCommand[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ where, text: line }));
}

const isShell = ({ language }: Block): boolean => ['sh', 'bash', ''].includes(language);

/** Every command of the pages in the order of reading; what several pages tell is there once. */
export function documentedCommands(): DocumentedCommand[] {
  const all = guides.flatMap((page) => readPage(page).blocks.filter(isShell).flatMap(commandsOf));
  const first = new Map(all.toReversed().map((command) => [withoutComment(command.text), command]));
  return all.filter((command) => first.get(withoutComment(command.text)) === command);
}

const withoutComment = (text: string): string => text.replace(/\s+#.*$/, '');
