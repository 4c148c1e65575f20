import { existsSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../cache/files.js';
import { fingerprint, hashFile, knownIdentity, noteIdentity } from '../cache/identity.js';
import { lockedFor } from '../cache/locked.js';
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
  const ready = await readySynthetic(cacheDir);
  if (ready !== undefined) return ready;
  const file = placeIn(cacheDir);
  await makeFolder(cacheDir);
  const onWait = (holder: string) =>
    extras.events?.onNote?.(`cache: waiting for ${holder}, which generates ${path.basename(file)}`);
  const make = () => intactOrNew(cacheDir, file, extras);
  return { file, sha256: await lockedFor(file, make, { signal: extras.signal, onWait }) };
}

function placeIn(cacheDir: string): string {
  const { seed, trainPerFile, test } = DEFAULT_SYNTHETIC;
  return path.join(cacheDir, `synthetic-v${VERSION}-${seed}-${trainPerFile}-${test}.tar.gz`);
}

/** As `cachedSynthetic`, undefined where it would have to be generated. */
export async function readySynthetic(
  cacheDir: string,
): Promise<{ file: string; sha256: string } | undefined> {
  const file = placeIn(cacheDir);
  const sha256 = await intactSha256(cacheDir, file);
  return sha256 === undefined ? undefined : { file, sha256 };
}

/** The sha256 of a generated archive that is as it was made; undefined where there is none. */
async function intactSha256(cacheDir: string, file: string): Promise<string | undefined> {
  if (!existsSync(file)) return undefined;
  return (await knownIdentity(cacheDir, await fingerprint(file)))?.sha256;
}

async function intactOrNew(cacheDir: string, file: string, extras: CacheExtras): Promise<string> {
  // Another process may have made it while this one waited.
  const intact = await intactSha256(cacheDir, file);
  if (intact !== undefined) return intact;
  if (existsSync(file))
    extras.events?.onNote?.(`cache: ${file} has changed since it was generated; generating it again`);
  const { sha256 } = await writeSyntheticArchive(file, { ...DEFAULT_SYNTHETIC, signal: extras.signal });
  await noteIdentity(cacheDir, await fingerprint(file), await hashFile(file, extras.signal));
  return sha256;
}
