import { readFile } from 'node:fs/promises';

/** The line of a log that says what happened: its last error, else its last line. */
export async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const error = lines.findLast((line) => /error/i.test(line));
  return (error ?? lines.at(-1) ?? 'no output').trim().slice(0, 300);
}
