import type { FileHandle } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import type { HttpClient } from './http.js';
import { TransferFailure } from './transfer-failure.js';

export interface Reception {
  readonly handle: FileHandle;
  /** Bytes of the file that are there already. */
  readonly start: number;
  /** Length of the whole file. */
  readonly bytes: number;
  readonly signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

const RETRIABLE_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Gets the missing rest of a file with a Range request, or all of it from a host that knows no ranges.
 * @returns the byte from which the host sent
 * @throws TransferFailure when the host fails or sends something else; what came before stays in the file
 */
export async function receive(client: HttpClient, url: URL, want: Reception): Promise<number> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (want.start > 0) headers.range = `bytes=${want.start}-`;
  const response = await client.get(url, headers, want.signal);
  // Bodies that are not read to their end keep their connection and raise errors later.
  response.body.on('error', () => {});
  try {
    const from = await checkAnswer(response, want);
    if (from < want.start) await want.handle.truncate(from);
    await writeBody(response, from, want);
    return from;
  } finally {
    response.body.destroy();
  }
}

/** The byte at which the answer's body starts. */
async function checkAnswer(response: Dispatcher.ResponseData, want: Reception): Promise<number> {
  const { statusCode, headers } = response;
  if (statusCode === 416) {
    await want.handle.truncate(0);
    throw new TransferFailure(`HTTP 416 for bytes from ${want.start} on`, 'again');
  }
  if (statusCode !== 200 && statusCode !== 206) {
    const remedy = RETRIABLE_STATUS.has(statusCode) ? 'again' : 'final';
    throw new TransferFailure(`HTTP ${statusCode}`, remedy, { pause: retryAfter(headers['retry-after']) });
  }
  if (statusCode === 206) return checkRange(`${headers['content-range'] ?? 'none'}`, want);
  const length = headers['content-length'];
  if (length !== undefined && Number(length) !== want.bytes) {
    throw new TransferFailure(
      `${length} bytes of ${headers['content-type'] ?? 'unknown type'} instead of ${want.bytes}`,
      'final',
    );
  }
  // Sent in pieces of unknown length by captive portals and error pages.
  if (/^text\/html\b/i.test(`${headers['content-type']}`))
    throw new TransferFailure('a web page (text/html) instead of the file', 'final');
  return 0;
}

/** Milliseconds of a Retry-After header: seconds, or a date (RFC 9110, section 10.2.3); 0 where it says nothing. */
function retryAfter(header: string | string[] | undefined): number {
  const text = `${header ?? ''}`.trim();
  if (/^\d+$/.test(text)) return 1000 * Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now());
}

async function checkRange(range: string, want: Reception): Promise<number> {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range);
  const total = match?.[2] === '*' ? want.bytes : Number(match?.[2]);
  if (match !== null && total !== want.bytes)
    throw new TransferFailure(`a file of ${total} bytes instead of ${want.bytes}`, 'final');
  if (match === null || Number(match[1]) !== want.start) {
    await want.handle.truncate(0);
    throw new TransferFailure(`the range "${range}" instead of bytes from ${want.start} on`, 'again');
  }
  return want.start;
}

async function writeBody(response: Dispatcher.ResponseData, from: number, want: Reception): Promise<void> {
  let at = from;
  const chunks = response.body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => {
      throw TransferFailure.from(error);
    });
    if (next.done) break;
    const chunk = next.value as Buffer;
    if (at + chunk.length > want.bytes) {
      await want.handle.truncate(0);
      throw new TransferFailure(`more than ${want.bytes} bytes`, 'final');
    }
    await writeAll(want.handle, chunk, at);
    at += chunk.length;
    want.onProgress?.(at, want.bytes);
  }
  if (at === want.bytes) return;
  // An end in good order: for the host this was all of it, so it is no beginning of the file that could be continued.
  await want.handle.truncate(from);
  throw new TransferFailure(`an end after ${at} of ${want.bytes} bytes`, 'again');
}

async function writeAll(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  let at = 0;
  while (at < chunk.length)
    at += (await handle.write(chunk, at, chunk.length - at, position + at)).bytesWritten;
}
