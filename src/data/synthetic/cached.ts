import { stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../cache/files.js';
import { fingerprint, hashFile, knownIdentity, noteIdentity } from '../cache/identity.js';
import { withLock } from '../cache/lock.js';
import type { DataEvents } from '../options.js';
import { DEFAULT_SYNTHETIC, writeSyntheticArchive } from './archive.js';

/** Part of the file's name: to be raised whenever the pictures change. */
const VERSION = 1;

interface CacheExtras {
  readonly events?: DataEvents;
  readonly signal?: AbortSignal;
}

/**
 * Makes sure that the default synthetic archive lies in the cache, and generates it again when it has been
 * changed.
 * @returns its path and the sha256 that it had when it was generated
 */
export async function cachedSynthetic(
  cacheDir: string,
  extras: CacheExtras = {},
): Promise<{ file: string; sha256: string }> {
  const { seed, trainPerFile, test } = DEFAULT_SYNTHETIC;
  const file = path.join(cacheDir, `synthetic-v${VERSION}-${seed}-${trainPerFile}-${test}.tar.gz`);
  await makeFolder(cacheDir);
  const sha256 = await withLock(`${file}.lock`, () => intactOrNew(cacheDir, file, extras), {
    signal: extras.signal,
  });
  return { file, sha256 };
}

async function intactOrNew(cacheDir: string, file: string, extras: CacheExtras): Promise<string> {
  const present = await stat(file).then(
    () => true,
    () => false,
  );
  if (present) {
    const known = await knownIdentity(cacheDir, await fingerprint(file));
    if (known !== undefined) return known.sha256;
    extras.events?.onNote?.(`cache: ${file} has changed since it was generated; generating it again`);
  }
  const { sha256 } = await writeSyntheticArchive(file, { ...DEFAULT_SYNTHETIC, signal: extras.signal });
  await noteIdentity(cacheDir, await fingerprint(file), await hashFile(file, extras.signal));
  return sha256;
}
