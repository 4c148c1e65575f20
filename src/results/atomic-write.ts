import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
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

/** The temporary name that `writeAtomic` uses. */
const TEMPORARY = /^[.].+[.]\d+-[0-9a-f]{8}[.]tmp$/;

/**
 * Removes what writes that were cut short (a crash, a power cut) left in a folder that nobody writes to now.
 * @throws BayescnnError 'failure' when the folder cannot be written to
 */
export async function removeTemporaries(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      if (TEMPORARY.test(name)) await rm(path.join(folder, name), { force: true });
    }
  } catch (cause) {
    throw writeError(folder, cause);
  }
}

/**
 * Makes what was appended to a file survive a power cut; nothing where there is no such file.
 * @throws BayescnnError 'failure' when the disk refuses
 */
export async function syncFile(file: string): Promise<void> {
  try {
    const handle = await open(file, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw writeError(file, cause);
  }
}
