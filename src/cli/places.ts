import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import path from 'node:path';

/** A folder that bayescnn writes to. */
export interface Place {
  folder: string;
  /** Whether it, or the nearest folder above it that exists, can be written to. */
  writable: boolean;
  /** Of its disk; null where the system does not tell. */
  free_bytes: number | null;
}

/** How a folder stands, which may not exist yet. */
export async function placeOf(folder: string): Promise<Place> {
  const existing = await nearestExisting(path.resolve(folder));
  const writable = await access(existing, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  const free = await statfs(existing).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
  return { folder: path.resolve(folder), writable, free_bytes: free };
}

async function nearestExisting(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => null);
  const parent = path.dirname(folder);
  return found?.isDirectory() || parent === folder ? folder : nearestExisting(parent);
}
