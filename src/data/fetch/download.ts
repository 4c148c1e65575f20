import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiveIdentity } from '../archive/unpack.js';
import { hashFile } from '../cache/identity.js';
import { checkAbort, dataError, fileError } from '../fail.js';
import { DEFAULT_TIMEOUTS, HttpClient, type Timeouts } from './http.js';
import { receive } from './receive.js';
import { TransferFailure } from './transfer-failure.js';
import { redact } from './urls.js';

/** Tries a host may have. */
export interface RetryPlan {
  /** Tries in a row that bring nothing. */
  readonly attempts: number;
  /** Milliseconds before the second try; doubled for each further one. */
  readonly delay: number;
  /** Milliseconds that a busy host may ask for with Retry-After; one that wants more is left for the next. */
  readonly patience: number;
}

export const DEFAULT_RETRY: RetryPlan = { attempts: 4, delay: 1000, patience: 120_000 };
/** A host that keeps breaking off is left after this many tries, whatever it brings. */
const MAX_TRIES = 30;

export interface DownloadRequest {
  /** Hosts in the order in which they are asked. */
  readonly urls: readonly URL[];
  /** Final place; `FILE.part` beside it keeps what has come so far. */
  readonly file: string;
  readonly expected: { readonly bytes: number; readonly md5: string };
  readonly retry?: RetryPlan;
  readonly timeouts?: Timeouts;
  readonly signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
  onNote?(message: string): void;
}

/**
 * Downloads a file whose length and md5 are known. What has come is kept in `FILE.part` and continued, by the
 * next try, the next mirror or the next start; the file gets its name only when it is complete, verified and
 * flushed to the device.
 * @returns the checksums of the file
 * @throws data error that says for every host what went wrong
 */
export async function download(request: DownloadRequest): Promise<ArchiveIdentity> {
  const client = new HttpClient(request.timeouts ?? DEFAULT_TIMEOUTS);
  const failures: string[] = [];
  try {
    await mkdir(path.dirname(request.file), { recursive: true });
    for (const url of request.urls) {
      const got = await fromHost(client, url, request);
      if (!(got instanceof TransferFailure)) return got;
      failures.push(`${redact(url.href)}: ${got.message}`);
      request.onNote?.(`download: ${failures.at(-1)}`);
    }
  } catch (error) {
    checkAbort(request.signal);
    throw fileError('download', request.file, error);
  } finally {
    await client.close();
  }
  throw unreachable(request, failures);
}

async function fromHost(
  client: HttpClient,
  url: URL,
  request: DownloadRequest,
): Promise<ArchiveIdentity | TransferFailure> {
  const { attempts, delay, patience } = request.retry ?? DEFAULT_RETRY;
  let fruitless = 0;
  for (let tries = 1; ; tries++) {
    const before = await partLength(request);
    const got = await attempt(client, url, request);
    if (!(got instanceof TransferFailure)) return got;
    fruitless = (await partLength(request)) > before ? 1 : fruitless + 1;
    if (got.remedy === 'final' || fruitless >= attempts || tries >= MAX_TRIES) return got;
    if (got.pause > patience)
      return new TransferFailure(`${got.message}, to be asked again in ${seconds(got.pause)} s`, 'final');
    const wait = Math.max(delay * 2 ** (fruitless - 1), got.pause);
    request.onNote?.(`download: ${redact(url.host)} gave ${got.message}; trying again in ${seconds(wait)} s`);
    await sleep(wait, undefined, { signal: request.signal });
  }
}

const seconds = (milliseconds: number): number => Math.round(milliseconds) / 1000;

/** One try; failures of the host come back as values, all other errors are thrown. */
async function attempt(
  client: HttpClient,
  url: URL,
  request: DownloadRequest,
): Promise<ArchiveIdentity | TransferFailure> {
  try {
    const start = await receivePart(client, url, request);
    return await publish(request, start > 0);
  } catch (error) {
    checkAbort(request.signal);
    if (error instanceof TransferFailure) return error;
    throw error;
  }
}

/** Completes the part file. @returns how many of its bytes were there before */
async function receivePart(client: HttpClient, url: URL, request: DownloadRequest): Promise<number> {
  const handle = await openPart(request);
  try {
    const { size } = await handle.stat();
    const start = size > request.expected.bytes ? 0 : size;
    if (start < size) await handle.truncate(0);
    if (start === request.expected.bytes) return start;
    const { signal, onProgress, expected } = request;
    const from = await receive(client, url, { handle, start, bytes: expected.bytes, signal, onProgress });
    await handle.sync();
    return from;
  } finally {
    await handle.close();
  }
}

/** Verifies what is on the disk, not what went by: a resumed part may stem from another start. */
async function publish(request: DownloadRequest, resumed: boolean): Promise<ArchiveIdentity> {
  const part = partPath(request);
  const identity = await hashFile(part, request.signal);
  if (identity.bytes !== request.expected.bytes || identity.md5 !== request.expected.md5) {
    await rm(part, { force: true });
    // A wrong beginning may have been the part's own fault: this host may then send it all once more.
    throw new TransferFailure(
      `a file with md5 ${identity.md5} instead of ${request.expected.md5}`,
      resumed ? 'again' : 'final',
    );
  }
  await rename(part, request.file);
  return identity;
}

function partPath(request: DownloadRequest): string {
  return `${request.file}.part`;
}

async function openPart(request: DownloadRequest): Promise<FileHandle> {
  const part = partPath(request);
  return open(part, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return open(part, 'wx+');
  });
}

async function partLength(request: DownloadRequest): Promise<number> {
  return (await stat(partPath(request)).catch(() => undefined))?.size ?? 0;
}

function unreachable(request: DownloadRequest, failures: readonly string[]): Error {
  return dataError(
    `download: ${path.basename(request.file)} must come from one of ${request.urls.length} hosts, got\n  ${failures.join('\n  ')}`,
    'check the network or HTTPS_PROXY, name a mirror in BAYESCNN_MIRROR, or pass an archive with --archive FILE',
  );
}
