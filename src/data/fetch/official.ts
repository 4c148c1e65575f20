import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../cache/files.js';
import { fingerprint, identityOf, noteIdentity } from '../cache/identity.js';
import { lockedFor } from '../cache/locked.js';
import { fileError } from '../fail.js';
import type { DataEvents } from '../options.js';
import { type ArchiveSource, OFFICIAL_SOURCE } from '../source.js';
import { download, type RetryPlan } from './download.js';
import type { Timeouts } from './http.js';
import { downloadUrl, mirrorsFromEnvironment } from './urls.js';

export interface FetchOptions {
  readonly cacheDir: string;
  /** All URLs to ask, in order; default: those of BAYESCNN_MIRROR, then the official host. */
  readonly mirrors?: readonly string[];
  readonly signal?: AbortSignal;
  readonly events?: DataEvents;
  readonly retry?: RetryPlan;
  readonly timeouts?: Timeouts;
}

/** Where the official archive lies once it was fetched. */
export function officialFile(cacheDir: string): string {
  return path.join(cacheDir, OFFICIAL_SOURCE.name);
}

/**
 * Makes sure that the official CIFAR-10 archive lies, complete and verified, in the cache.
 * @returns its path
 * @throws data error when no host gives it; usage error for a bad mirror URL
 */
export function fetchOfficial(options: FetchOptions): Promise<string> {
  return fetchSource(OFFICIAL_SOURCE, options);
}

/** `fetchOfficial` for any source whose length and md5 are known. */
export async function fetchSource(source: ArchiveSource, options: FetchOptions): Promise<string> {
  const file = path.join(options.cacheDir, source.name);
  if (await isPresent(file, source, options)) return file;
  await makeFolder(options.cacheDir);
  const onWait = (holder: string) =>
    options.events?.onNote?.(`download: waiting for ${holder}, which fetches ${source.name}`);
  await lockedFor(file, () => fetchMissing(file, source, options), { signal: options.signal, onWait });
  return file;
}

async function fetchMissing(file: string, source: ArchiveSource, options: FetchOptions): Promise<void> {
  // Another process may have brought it while this one waited.
  if (await isPresent(file, source, options)) return;
  const { retry, timeouts, signal, events } = options;
  if (existsSync(file)) events?.onNote?.(`cache: ${file} is not the expected archive; fetching it again`);
  const mirrors = options.mirrors ?? [...mirrorsFromEnvironment(), source.url];
  const urls = mirrors.map((text) => downloadUrl(text, source.name));
  const identity = await download({
    urls,
    file,
    expected: source,
    retry,
    timeouts,
    signal,
    onProgress: (done, total) => events?.onDownload?.(done, total),
    onNote: (message) => events?.onNote?.(message),
  });
  await noteIdentity(options.cacheDir, await fingerprint(file), identity);
}

async function isPresent(file: string, source: ArchiveSource, options: FetchOptions): Promise<boolean> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw fileError('cache', file, error);
    return undefined;
  });
  if (found === undefined) return false;
  if (found.size !== source.bytes) return false;
  return (await identityOf(options.cacheDir, file, options.signal)).md5 === source.md5;
}
