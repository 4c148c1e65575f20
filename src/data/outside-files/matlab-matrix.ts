import type { ByteStream } from './byte-stream.js';

/** Types of elements ("MAT-File Format", MathWorks, table 1-1). */
const MATRIX = 14;
const INT8 = 1;
const UINT8 = 2;
const INT32 = 5;
const UINT32 = 6;
const CLASS_UINT8 = 9;
const COMPLEX = 0x0800;
/** Most bytes of a variable's dimensions or name. */
const MAX_HEAD = 4096;

/** What stands before a matrix's data. */
export interface MatrixHead {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** MATLAB's number of the class; 9 is uint8. */
  readonly kind: number;
  /** Bytes of data that follow; undefined unless it is a real array of bytes. */
  readonly length: number | undefined;
}

type Refuse = (must: string, got: string) => Error;

/** Reads a matrix up to where its data begin. */
export async function matrixHead(stream: ByteStream, refuse: Refuse): Promise<MatrixHead> {
  const { type } = await tagOf(stream);
  if (type !== MATRIX) throw refuse('matrices', `an element of type ${type}`);
  const flags = await contentOf(stream, UINT32, refuse);
  if (flags.length !== 8) throw refuse('array flags of 8 bytes', String(flags.length));
  const sizes = await contentOf(stream, INT32, refuse);
  const name = (await contentOf(stream, INT8, refuse)).toString('latin1');
  const dimensions = Array.from({ length: Math.floor(sizes.length / 4) }, (_, i) => sizes.readInt32LE(4 * i));
  const word = flags.readUInt32LE(0);
  const kind = word & 0xff;
  if (kind !== CLASS_UINT8 || (word & COMPLEX) !== 0) return { name, dimensions, kind, length: undefined };
  const data = await tagOf(stream);
  return { name, dimensions, kind, length: data.type === UINT8 && !data.within ? data.length : undefined };
}

interface Tag {
  readonly type: number;
  readonly length: number;
  /** Up to four bytes of data may stand in the tag itself. */
  readonly within: Buffer | undefined;
}

async function tagOf(stream: ByteStream): Promise<Tag> {
  const tag = await stream.take(8);
  const word = tag.readUInt32LE(0);
  const inside = word >>> 16;
  if (inside === 0) return { type: word, length: tag.readUInt32LE(4), within: undefined };
  return { type: word & 0xffff, length: inside, within: tag.subarray(4, 4 + inside) };
}

/** The data of an element of a wanted type; they are padded to multiples of eight bytes. */
async function contentOf(stream: ByteStream, type: number, refuse: Refuse): Promise<Buffer> {
  const tag = await tagOf(stream);
  if (tag.type !== type) throw refuse(`an element of type ${type}`, `type ${tag.type}`);
  if (tag.within) return tag.within;
  if (tag.length > MAX_HEAD) throw refuse(`at most ${MAX_HEAD} bytes of a head`, String(tag.length));
  const padded = await stream.take(Math.ceil(tag.length / 8) * 8);
  return padded.subarray(0, tag.length);
}
