import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type Allocate, type Dataset, IMAGE_BYTES, type Split } from '../dataset.js';
import { checkAbort, dataError } from '../fail.js';
import { TEST_MEMBER } from '../source.js';
import {
  type DecodedFooter,
  type DecodedMember,
  decodeFooter,
  footerLength,
  TRAILER_BYTES,
} from './decoded-format.js';

/**
 * Large enough for few calls, small enough that the checksum finds the bytes still in the processor's cache.
 */
const READ_BYTES = 512 * 1024;

/** Says that a file of the cache is not what was written; the caller rebuilds it. */
export class DamagedCache extends Error {
  override readonly name = 'DamagedCache';
}

export interface DecodedOptions {
  readonly allocate: Allocate;
  readonly signal?: AbortSignal;
}

/**
 * Reads a decoded archive straight into the caller's memory.
 * @returns undefined when there is no such file
 * @throws DamagedCache when a length or checksum is wrong
 */
export async function readDecoded(
  file: string,
  sha256: string,
  options: DecodedOptions,
): Promise<Pick<Dataset, 'train' | 'test' | 'classNames'> | undefined> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const footer = await readFooter(handle);
    if (footer.sha256 !== sha256) throw new DamagedCache(`it belongs to the archive ${footer.sha256}`);
    const test = footer.members.filter(({ name }) => name === TEST_MEMBER);
    const train = footer.members.filter(({ name }) => name !== TEST_MEMBER);
    return {
      train: await readSplit(handle, train, options),
      test: await readSplit(handle, test, options),
      classNames: footer.classNames,
    };
  } finally {
    await handle.close();
  }
}

async function readFooter(handle: FileHandle): Promise<DecodedFooter> {
  const { size } = await handle.stat();
  if (size < TRAILER_BYTES) throw new DamagedCache(`it has only ${size} bytes`);
  const trailer = Buffer.alloc(TRAILER_BYTES);
  await readInto(handle, trailer, size - TRAILER_BYTES);
  const length = footerLength(trailer);
  if (length === undefined || length + TRAILER_BYTES > size) throw new DamagedCache('it has no valid ending');
  const json = Buffer.alloc(length);
  await readInto(handle, json, size - TRAILER_BYTES - length);
  const footer = decodeFooter(json, trailer, size - TRAILER_BYTES - length);
  if (footer === undefined) throw new DamagedCache('its table of contents is wrong');
  return footer;
}

async function readSplit(
  handle: FileHandle,
  members: readonly DecodedMember[],
  options: DecodedOptions,
): Promise<Split> {
  const count = members.reduce((sum, { records }) => sum + records, 0);
  const images = options.allocate(count * IMAGE_BYTES);
  if (images.length !== count * IMAGE_BYTES) {
    throw dataError(
      `data: allocate(${count * IMAGE_BYTES}) must give as many bytes, got ${images.length}`,
      'this is a mistake of the program: please report it',
    );
  }
  const labels = new Uint8Array(count);
  let first = 0;
  for (const member of members) {
    const last = first + member.records;
    const pixels = images.subarray(first * IMAGE_BYTES, last * IMAGE_BYTES);
    await readChecked(
      handle,
      pixels,
      member.imagesAt,
      member.imagesCrc,
      `images of ${member.name}`,
      options.signal,
    );
    const own = labels.subarray(first, last);
    await readChecked(
      handle,
      own,
      member.labelsAt,
      member.labelsCrc,
      `labels of ${member.name}`,
      options.signal,
    );
    first = last;
  }
  return { images, labels };
}

/** Reads one slice while the one before is being summed. */
async function readChecked(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  expected: number,
  what: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  let sum = 0;
  let ready = target.subarray(0, 0);
  for (let at = 0; at < target.length; at += READ_BYTES) {
    checkAbort(signal);
    const slice = target.subarray(at, at + READ_BYTES);
    const reading = readInto(handle, slice, position + at);
    sum = crc32(ready, sum);
    await reading;
    ready = slice;
  }
  if (crc32(ready, sum) !== expected) throw new DamagedCache(`the checksum of the ${what} is wrong`);
}

async function readInto(handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  let at = 0;
  while (at < target.length) {
    const { bytesRead } = await handle.read(target, at, target.length - at, position + at);
    if (bytesRead === 0) throw new DamagedCache(`it ends at byte ${position + at}`);
    at += bytesRead;
  }
}
