import { appendFile, readFile } from 'node:fs/promises';
import { writeError } from '../../results/index.js';

/** Objects of a file with one JSON a line; none where there is no file. A line that a crash cut off does not count. */
export async function readLines<T>(file: string): Promise<T[]> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw cause;
  });
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as T];
    } catch {
      return [];
    }
  });
}

/** Appends objects in one write, beginning on a line of their own. @throws BayescnnError 'failure' */
export async function appendLines(file: string, values: readonly object[]): Promise<void> {
  if (values.length === 0) return;
  // A line that a crash cut off must not swallow the next: an empty line is no line.
  const text = `\n${values.map((value) => JSON.stringify(value)).join('\n')}\n`;
  await appendFile(file, text).catch((cause) => {
    throw writeError(file, cause);
  });
}
