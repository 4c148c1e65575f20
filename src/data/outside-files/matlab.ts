import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createInflate } from 'node:zlib';
import { IMAGE_BYTES, IMAGE_SHAPE } from '../dataset.js';
import { checkAbort, dataError, fileError } from '../fail.js';
import { ByteStream } from './byte-stream.js';
import { matrixHead } from './matlab-matrix.js';
import { imagesToRead, type OutsideRequest } from './request.js';

const HEADER_BYTES = 128;
const TAG_BYTES = 8;
const COMPRESSED = 15;
const MATRIX = 14;
/** Variables before the images. */
const MAX_VARIABLES = 64;
/** What SVHN's files call their images (http://ufldl.stanford.edu/housenumbers). */
const VARIABLE = 'X';
const { height, width, channels } = IMAGE_SHAPE;
const PLANE = height * width;

/** Whether a file with this start is a MATLAB file of version 5. */
export const isMatlab = (start: Buffer): boolean => start.toString('latin1', 0, 10) === 'MATLAB 5.0';

/**
 * Reads SVHN's format: variable X, uint8 [32, 32, 3, n], column-major, in a MATLAB file of version 5 ("MAT-File
 * Format", MathWorks), its variables compressed or not.
 * @returns [n * 3072] planar bytes
 */
export async function readMatlabImages(file: string, request: OutsideRequest): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    await checkHeader(handle, file);
    return await findImages(handle, file, request);
  } catch (error) {
    checkAbort(request.signal);
    throw fileError('matlab', file, inflateError(file, error));
  } finally {
    await handle?.close();
  }
}

async function checkHeader(handle: FileHandle, file: string): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await handle.read(header, 0, header.length, 0);
  const [version, order] = [header.readUInt16LE(124), header.toString('latin1', 126, 128)];
  if (bytesRead === HEADER_BYTES && version === 0x0100 && order === 'IM') return;
  throw damaged(file, 'a whole header of version 5, little-endian', `${bytesRead} bytes`);
}

async function findImages(handle: FileHandle, file: string, request: OutsideRequest): Promise<Uint8Array> {
  const names: string[] = [];
  for (let at = HEADER_BYTES; names.length < MAX_VARIABLES; ) {
    const tag = Buffer.alloc(TAG_BYTES);
    const { bytesRead } = await handle.read(tag, 0, tag.length, at);
    if (bytesRead === 0) break;
    if (bytesRead < tag.length) throw damaged(file, 'whole elements', `${bytesRead} bytes at byte ${at}`);
    const end = at + TAG_BYTES + tag.readUInt32LE(4);
    const found = await readVariable(file, { type: tag.readUInt32LE(0), at, end }, request);
    if (typeof found !== 'string') return found;
    names.push(found);
    at = end;
  }
  throw dataError(
    `matlab: ${file} must have a variable ${VARIABLE}, got ${names.join(', ') || 'none'}`,
    "use SVHN's test_32x32.mat (cropped digits), or save the images as .npy",
  );
}

interface Element {
  readonly type: number;
  /** Where its tag begins in the file, and where its data end. */
  readonly at: number;
  readonly end: number;
}

/** The images of an element that holds them, or the name of another variable. */
async function readVariable(
  file: string,
  { type, at, end }: Element,
  request: OutsideRequest,
): Promise<Uint8Array | string> {
  if ((type !== COMPRESSED && type !== MATRIX) || end === at + TAG_BYTES)
    throw damaged(file, 'variables, compressed or not', `an element of type ${type} at byte ${at}`);
  const start = type === COMPRESSED ? at + TAG_BYTES : at;
  const source = createReadStream(file, { start, end: end - 1, signal: request.signal });
  // What goes wrong reaches the reader of the stream.
  const stream = type === COMPRESSED ? pipeline(source, createInflate(), () => {}) : source;
  try {
    return await readMatrix(file, stream, request);
  } finally {
    stream.destroy();
  }
}

async function readMatrix(file: string, source: Readable, request: OutsideRequest) {
  const stream = new ByteStream(source, (bytes) =>
    damaged(file, 'whole variables', `one that ends after ${bytes} bytes`),
  );
  const { name, dimensions, kind, length } = await matrixHead(stream, (must, got) =>
    damaged(file, must, got),
  );
  if (name !== VARIABLE) return name;
  const [rows, columns, colours, count, ...more] = dimensions;
  const shaped = rows === height && columns === width && colours === channels && more.length === 0;
  if (!shaped || !(count >= 0) || length !== count * IMAGE_BYTES)
    throw damaged(
      file,
      `uint8 [32, 32, 3, n] as ${VARIABLE}`,
      `class ${kind} [${dimensions.join(', ')}] of ${length ?? 'unknown'} bytes`,
    );
  const images = request.allocate(imagesToRead(file, count, request) * IMAGE_BYTES);
  for (let i = 0; i < images.length; i += IMAGE_BYTES)
    turned(await stream.take(IMAGE_BYTES), images.subarray(i, i + IMAGE_BYTES));
  if (images.length === length) await stream.drain();
  return images;
}

/** Columns become rows, plane by plane. */
function turned(columns: Uint8Array, out: Uint8Array): void {
  for (let i = 0; i < IMAGE_BYTES; i++) {
    const within = i % PLANE;
    out[i] = columns[i - within + (within % width) * height + Math.floor(within / width)];
  }
}

function damaged(file: string, must: string, got: string) {
  return dataError(
    `matlab: ${file} must have ${must}, got ${got}`,
    'fetch the file again, or save the images as .npy',
  );
}

function inflateError(file: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  return code?.startsWith('Z_') ? damaged(file, 'whole compressed variables', `${message} (${code})`) : error;
}
