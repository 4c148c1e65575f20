import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * A program that stands in for Python with torch: a node script that answers as bench/peer.py does, or the body
 * given. `words` are the arguments behind the script's path.
 */
export function fakePython(body = ANSWERS): { python: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'bayescnn-python-'));
  const python = path.join(folder, 'python');
  writeFileSync(python, `#!${process.execPath}\nconst words = process.argv.slice(3);\n${body}`);
  chmodSync(python, 0o755);
  return { python, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** `serve`: rates that tell the settings apart; `notebook`: an accuracy. */
const ANSWERS = `
const say = (answer) => console.log(JSON.stringify(answer));
const versions = { python: '3.11.0', torch: '2.0.0+fake' };
const device = words.includes('cuda') ? 'Fake GPU' : 'CPU';
if (words[0] === 'notebook') say({ ...versions, transform: 'fakery', workers: 2, threads: 2, test_accuracy: 0.25 });
if (words[0] === 'serve') {
  say({ ready: true, ...versions, device });
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { model, batch, threads, seconds } = JSON.parse(line);
    if (!model || !(seconds > 0)) process.exit(1);
    say({ images_per_second: 1000 * threads + batch, steps: 1 });
  });
}
`;
