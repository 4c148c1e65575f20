import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';

/** The error of a file or folder that could not be written; quotes the system's code. */
export function writeError(where: string, cause: unknown): BayescnnError {
  const got = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new BayescnnError('failure', `${where}: could not be written, got ${got}`, {
    hint: 'check permissions and free space, or choose another folder with --out',
    cause,
  });
}

async function writeSynced(file: string, data: string | Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename survive a power cut; Windows cannot open folders and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file so that readers see the old content or the new, never a part:
 * a temporary name in the same folder, synced, renamed.
 * @throws BayescnnError 'failure' when it cannot be written; nothing is left behind then
 */
export async function writeAtomic(file: string, data: string | Uint8Array): Promise<void> {
  const unique = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${unique}.tmp`);
  try {
    await writeSynced(temporary, data);
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(file, cause);
  }
}
