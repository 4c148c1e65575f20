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

/** Large enough for few calls, small enough that the checksum finds the bytes still in the processor's cache. */
const READ_BYTES = 1024 * 1024;
/** Slices that are read while one is summed: enough to bridge the time that this thread spends on other things. */
const READ_AHEAD = 2;

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
    const test = splitOf(
      footer.members.filter(({ name }) => name === TEST_MEMBER),
      options.allocate,
    );
    const train = splitOf(
      footer.members.filter(({ name }) => name !== TEST_MEMBER),
      options.allocate,
    );
    await readChecked(handle, [...train.parts, ...test.parts], options.signal);
    return { train: train.split, test: test.split, classNames: footer.classNames };
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

/** A stretch of the file and where it goes. */
interface Part {
  readonly target: Uint8Array;
  readonly position: number;
  readonly crc: number;
  readonly what: string;
}

/** A split's memory, and what is to be read into it. */
function splitOf(members: readonly DecodedMember[], allocate: Allocate): { split: Split; parts: Part[] } {
  const count = members.reduce((sum, { records }) => sum + records, 0);
  const images = allocate(count * IMAGE_BYTES);
  if (images.length !== count * IMAGE_BYTES) {
    throw dataError(
      `data: allocate(${count * IMAGE_BYTES}) must give as many bytes, got ${images.length}`,
      'this is a mistake of the program: please report it',
    );
  }
  const labels = new Uint8Array(count);
  const parts: Part[] = [];
  let first = 0;
  for (const { name, records, imagesAt, imagesCrc, labelsAt, labelsCrc } of members) {
    const last = first + records;
    const pixels = images.subarray(first * IMAGE_BYTES, last * IMAGE_BYTES);
    const own = labels.subarray(first, last);
    parts.push({ target: pixels, position: imagesAt, crc: imagesCrc, what: `images of ${name}` });
    parts.push({ target: own, position: labelsAt, crc: labelsCrc, what: `labels of ${name}` });
    first = last;
  }
  return { split: { images, labels }, parts };
}

/** A stretch of at most READ_BYTES of a part. */
interface Slice {
  readonly part: Part;
  readonly at: number;
}

function slicesOf(part: Part): Slice[] {
  const count = Math.ceil(part.target.length / READ_BYTES);
  return Array.from({ length: count }, (_, i) => ({ part, at: i * READ_BYTES }));
}

/** Reads the next slices while one is being summed. */
async function readChecked(
  handle: FileHandle,
  parts: readonly Part[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const slices = parts.flatMap(slicesOf);
  const reads = new ReadAhead(handle, slices);
  let sum = 0;
  for (const [i, { part, at }] of slices.entries()) {
    checkAbort(signal);
    sum = crc32(await reads.next(), at === 0 ? 0 : sum);
    if (slices[i + 1]?.part === part) continue;
    if (sum !== part.crc) throw new DamagedCache(`the checksum of the ${part.what} is wrong`);
  }
}

/** Slices of a file in their order, of which the next ones are under way. */
class ReadAhead {
  private readonly pending: Promise<Uint8Array>[] = [];
  private begun = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly slices: readonly Slice[],
  ) {
    while (this.begun < READ_AHEAD) this.begin();
  }

  next(): Promise<Uint8Array> {
    this.begin();
    return this.pending.shift() as Promise<Uint8Array>;
  }

  private begin(): void {
    const slice = this.slices[this.begun++];
    if (slice === undefined) return;
    const { target, position } = slice.part;
    const bytes = target.subarray(slice.at, slice.at + READ_BYTES);
    const read = readInto(this.handle, bytes, position + slice.at).then(() => bytes);
    // Told when it is this one's turn; the file is closed after the last of them.
    read.catch(() => {});
    this.pending.push(read);
  }
}

async function readInto(handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  let at = 0;
  while (at < target.length) {
    const { bytesRead } = await handle.read(target, at, target.length - at, position + at);
    if (bytesRead === 0) throw new DamagedCache(`it ends at byte ${position + at}`);
    at += bytesRead;
  }
}
