import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BayescnnError } from '../errors.js';

function packageRoot(from: string): string {
  let folder = from;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const DIST = join(packageRoot(dirname(fileURLToPath(import.meta.url))), 'dist/backends');

/** The path of a file that the build makes for an engine (`simd.wasm`, `threads/worker.js`). */
export function artifact(engine: string, name: string): string {
  const path = join(DIST, engine, name);
  if (!existsSync(path)) {
    throw new BayescnnError('engine', `engine ${engine}: ${name} is missing, got no file at ${path}`, {
      hint: 'build it with `npm run build` (in an installed package: reinstall it)',
    });
  }
  return path;
}
