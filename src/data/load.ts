import { checkAccepted, checkSha256 } from './archive/accept.js';
import type { ArchiveIdentity } from './archive/unpack.js';
import { DamagedCache, readDecoded } from './cache/decoded-read.js';
import { buildDecoded, decodedPath, decodingPlace } from './cache/decoded-write.js';
import { defaultCacheDir } from './cache/directory.js';
import { fingerprint, knownIdentity, noteIdentity } from './cache/identity.js';
import { lockedFor } from './cache/locked.js';
import type { Allocate, Dataset } from './dataset.js';
import { dataError, fileError } from './fail.js';
import { fetchOfficial, officialFile } from './fetch/official.js';
import type { DataEvents, DataOptions } from './options.js';
import { OFFICIAL_SOURCE } from './source.js';
import { cachedSynthetic, readySynthetic } from './synthetic/cached.js';

export interface LoadExtras {
  readonly events?: DataEvents;
  /**
   * Gives the memory for each split's images, e.g. a view of a SharedArrayBuffer; they are read straight into
   * it.
   */
  readonly allocate?: Allocate;
  readonly signal?: AbortSignal;
  /** From `readyDataset`, begun before for the same options. */
  readonly ready?: Promise<Dataset | undefined>;
}

interface Located {
  readonly file: string;
  readonly origin: string;
  /** The checksum that it must have; null: the official archive's. */
  readonly sha256: string | null;
}

/**
 * Loads a dataset: finds (downloads, generates) its archive, decodes it into the cache unless that was done
 * before, and reads the decoded form. A changed archive and a damaged cache are noticed; nothing half-written
 * is ever left under a final name.
 * @throws data error for a missing, wrong or damaged archive and for unreachable hosts
 */
export async function loadDataset(options: DataOptions, extras: LoadExtras = {}): Promise<Dataset> {
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  if (options.sha256 !== null) checkSha256(options.sha256);
  const begun = await extras.ready;
  if (begun !== undefined) return begun;
  const located = await locate(options, cacheDir, extras);
  const ready = await readReady(cacheDir, located, extras);
  return ready ?? decodedOnce(cacheDir, located, extras);
}

/**
 * The dataset of `loadDataset` as far as that is mere reading: fetches, generates, decodes and tells nothing.
 * @returns undefined where more is to be done, or anything is wrong: `loadDataset` does and tells it
 */
export async function readyDataset(
  options: DataOptions,
  extras: Pick<LoadExtras, 'allocate' | 'signal'>,
): Promise<Dataset | undefined> {
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  try {
    const located = await locateReady(options, cacheDir);
    return located && (await readReady(cacheDir, located, extras));
  } catch {
    return undefined;
  }
}

/** The dataset of an archive that was decoded before and has not changed since; else undefined. */
async function readReady(
  cacheDir: string,
  located: Located,
  extras: LoadExtras,
): Promise<Dataset | undefined> {
  const known = await knownIdentity(cacheDir, await fingerprint(located.file));
  if (known === undefined) return undefined;
  checkAccepted(located.file, known, located.sha256);
  return readCached(cacheDir, known, located, extras);
}

/** Decodes an archive and reads the result; of processes side by side one decodes, the others wait for it. */
async function decodedOnce(cacheDir: string, located: Located, extras: LoadExtras): Promise<Dataset> {
  const { signal, events } = extras;
  let waited = false;
  const onWait = (holder: string) => {
    waited = true;
    events?.onNote?.(`data: waiting for ${holder}, which decodes ${located.file}`);
  };
  const make = async () =>
    (waited ? await readReady(cacheDir, located, extras) : undefined) ??
    (await decodeAndRead(cacheDir, located, extras));
  return lockedFor(await decodingPlace(cacheDir, located.file), make, { signal, onWait });
}

async function decodeAndRead(cacheDir: string, located: Located, extras: LoadExtras): Promise<Dataset> {
  const print = await fingerprint(located.file);
  const content = await decode(cacheDir, located, extras);
  await noteIdentity(cacheDir, print, content);
  const dataset = await readCached(cacheDir, content, located, extras);
  if (dataset === undefined) {
    throw dataError(
      `cache: ${decodedPath(cacheDir, content.sha256)} must be readable after it was written, got damage`,
      'check the disk',
    );
  }
  return dataset;
}

async function locate(options: DataOptions, cacheDir: string, extras: LoadExtras): Promise<Located> {
  const { archive, source, sha256 } = options;
  if (archive !== null) return { file: archive, origin: archive, sha256 };
  if (source === 'synthetic') {
    const made = await cachedSynthetic(cacheDir, extras);
    return { file: made.file, origin: 'synthetic', sha256: sha256 ?? made.sha256 };
  }
  const file = await fetchOfficial({ cacheDir, signal: extras.signal, events: extras.events });
  return { file, origin: OFFICIAL_SOURCE.url, sha256 };
}

async function locateReady(options: DataOptions, cacheDir: string): Promise<Located | undefined> {
  const { archive, source, sha256 } = options;
  if (archive !== null) return { file: archive, origin: archive, sha256 };
  if (source !== 'synthetic') return { file: officialFile(cacheDir), origin: OFFICIAL_SOURCE.url, sha256 };
  const made = await readySynthetic(cacheDir);
  return made && { file: made.file, origin: 'synthetic', sha256: sha256 ?? made.sha256 };
}

async function decode(cacheDir: string, located: Located, extras: LoadExtras) {
  return buildDecoded(
    cacheDir,
    located.file,
    (content) => checkAccepted(located.file, content, located.sha256),
    {
      onProgress: (done, total) => extras.events?.onDecode?.(done, total),
      signal: extras.signal,
    },
  );
}

/** The dataset from the cache; undefined when it is not there, or damaged. */
async function readCached(
  cacheDir: string,
  identity: ArchiveIdentity,
  located: Located,
  extras: LoadExtras,
): Promise<Dataset | undefined> {
  const file = decodedPath(cacheDir, identity.sha256);
  const allocate = extras.allocate ?? ((bytes) => new Uint8Array(bytes));
  try {
    const decoded = await readDecoded(file, identity.sha256, { allocate, signal: extras.signal });
    return decoded && { ...decoded, sha256: identity.sha256, origin: located.origin };
  } catch (error) {
    if (!(error instanceof DamagedCache)) throw fileError('cache', file, error);
    extras.events?.onNote?.(`cache: ${file} is damaged (${error.message}); decoding the archive again`);
    return undefined;
  }
}
