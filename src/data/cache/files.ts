import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from '../fail.js';

const STALE_MS = 24 * 3600 * 1000;
const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;

/** A name beside `file` that nobody else uses; renaming it to `file` is atomic. */
export function temporaryName(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Makes `folder`; a data error says why it cannot be made. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw fileError('cache', folder, error);
  });
}

/**
 * Lets `write` fill a temporary file and then puts it in the place of `file`; when anything fails, nothing is
 * left.
 * @returns what `write` returned
 */
export async function writeAtomically<T>(file: string, write: (temporary: string) => Promise<T>): Promise<T> {
  await makeFolder(path.dirname(file));
  const temporary = temporaryName(file);
  try {
    const result = await write(temporary);
    await syncFile(temporary);
    await rename(temporary, file);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError('cache', file, error);
  }
}

/** Flushes a file to the device, so that a rename never shows a file without its content. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes temporary files of killed processes: those older than a day. */
export async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!TEMPORARY.test(name)) continue;
    const file = path.join(folder, name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > STALE_MS) await rm(file, { force: true });
  }
}
