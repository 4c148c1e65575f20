import { type FileHandle, open, rm } from 'node:fs/promises';
import { type Holder, holderText, parseHolder } from './holder.js';

/** A lock's file as it was found. */
export interface Found {
  /** Null when the file does not tell: it is just being written, or its writing was cut short. */
  readonly holder: Holder | null;
  /** What tells this lock from earlier and later ones of the same name. */
  readonly id: string;
  /** Changes with each sign of life of its holder. */
  readonly sign: string;
}

/** More than any holder's text. */
const MAX_BYTES = 4096;

/** Makes a lock's file, open for signs of life; undefined when there is one already. */
export async function createLockFile(file: string, holder: Holder): Promise<FileHandle | undefined> {
  // wx is atomic on every file system that can be shared: one of all that try makes the file.
  const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    await handle.writeFile(holderText(holder));
    return handle;
  } catch (error) {
    await handle.close();
    await rm(file, { force: true });
    throw error;
  }
}

/** Looks at a lock's file; undefined when there is none. */
export async function findLockFile(file: string): Promise<Found | undefined> {
  // Opened each time: network file systems answer a plain stat from memory, an open never.
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { ino, mtimeNs } = await handle.stat({ bigint: true });
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    const holder = parseHolder(buffer.toString('utf8', 0, bytesRead));
    return { holder, id: holder?.nonce ?? `${ino}`, sign: `${mtimeNs}` };
  } finally {
    await handle.close();
  }
}
