import { createHash } from 'node:crypto';
import { quoteJson as show, strictJson } from '../strict-json.js';
import {
  DATA_DIGEST,
  DTYPES,
  type Dtype,
  damaged,
  elementCount,
  HEADER_DIGEST,
  isDtype,
  MAX_HEADER_BYTES,
  PREFIX_BYTES,
  requireLittleEndian,
  type Tensor,
  ZERO_DIGEST,
} from './safetensors-types.js';

/** A file's tensors and metadata. */
export interface SafetensorsFile {
  tensors: Record<string, Tensor>;
  metadata: Record<string, string>;
}

interface Entry {
  name: string;
  dtype: Dtype;
  shape: number[];
  begin: number;
  end: number;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function headerTextOf(bytes: Uint8Array, where: string): string {
  if (bytes.length < PREFIX_BYTES)
    throw damaged(where, `expected at least ${PREFIX_BYTES} bytes, got ${bytes.length}`);
  const size = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const room = Math.min(bytes.length - PREFIX_BYTES, MAX_HEADER_BYTES);
  if (size < 2n || size > BigInt(room))
    throw damaged(where, `the header's size must be 2 to ${room} bytes, got ${size}`);
  const header = bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + Number(size));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw damaged(where, 'the header must be UTF-8, got other bytes');
  }
}

function parseHeader(text: string, where: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = strictJson(text);
  } catch (error) {
    throw damaged(where, `the header must be JSON, got ${(error as Error).message.slice(0, 100)}`);
  }
  if (!text.startsWith('{') || !isRecord(header))
    throw damaged(where, `the header must be an object, got ${show(header)}`);
  return header;
}

function metadataOf(header: Record<string, unknown>, where: string): Record<string, string> {
  const metadata = Object.hasOwn(header, '__metadata__') ? header.__metadata__ : {};
  if (!isRecord(metadata)) throw damaged(where, `"__metadata__" must be an object, got ${show(metadata)}`);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string')
      throw damaged(where, `metadata ${show(key)} must be a string, got ${show(value)}`);
  }
  return Object.assign(Object.create(null), metadata);
}

function entryOf(name: string, value: unknown, where: string): Entry {
  const at = `tensor ${show(name)}`;
  if (!isRecord(value)) throw damaged(where, `${at} must be an object, got ${show(value)}`);
  const extra = Object.keys(value).find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (extra !== undefined)
    throw damaged(where, `${at} must have dtype, shape and data_offsets alone, got ${show(extra)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype))
    throw damaged(where, `${at} must have a dtype of ${Object.keys(DTYPES).join(', ')}, got ${show(dtype)}`);
  const count = elementCount(shape);
  if (count === undefined)
    throw damaged(where, `${at} must have a shape of whole numbers, got ${show(shape)}`);
  if (
    !Array.isArray(offsets) ||
    offsets.length !== 2 ||
    !offsets.every((each) => Number.isSafeInteger(each) && each >= 0)
  ) {
    throw damaged(where, `${at} must have two data_offsets, got ${show(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const size = count * DTYPES[dtype].BYTES_PER_ELEMENT;
  if (end - begin !== size)
    throw damaged(where, `${at} of ${size} bytes must have offsets as far apart, got ${show(offsets)}`);
  return { name, dtype, shape: shape as number[], begin, end };
}

/** The tensors must cover the data part exactly: no gap, no overlap, nothing after the last. */
function checkCoverage(entries: readonly Entry[], dataBytes: number, where: string): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const kind = begin > covered ? 'a gap' : 'an overlap';
      throw damaged(where, `tensor ${show(name)} must begin at byte ${covered}, got ${begin} (${kind})`);
    }
    covered = end;
  }
  if (covered !== dataBytes) throw damaged(where, `expected ${covered} bytes of data, got ${dataBytes}`);
}

function checkDigests(text: string, data: Uint8Array, metadata: Record<string, string>, where: string): void {
  const headerDigest = metadata[HEADER_DIGEST];
  const dataDigest = metadata[DATA_DIGEST];
  if (headerDigest === undefined || dataDigest === undefined) {
    throw damaged(where, `the metadata must hold "${DATA_DIGEST}" and "${HEADER_DIGEST}", got none`);
  }
  const blank = text.replace(
    `"${HEADER_DIGEST}":"${headerDigest}"`,
    () => `"${HEADER_DIGEST}":"${ZERO_DIGEST}"`,
  );
  const header = createHash('sha256').update(blank).digest('hex');
  if (header !== headerDigest)
    throw damaged(where, `the header must have sha256 ${headerDigest.slice(0, 64)}, got ${header}`);
  const got = createHash('sha256').update(data).digest('hex');
  if (got !== dataDigest)
    throw damaged(where, `the data must have sha256 ${dataDigest.slice(0, 64)}, got ${got}`);
}

function tensorOf({ dtype, shape, begin, end }: Entry, data: Uint8Array): Tensor {
  // A copy, since the file's bytes need not be aligned for the type; Buffer's own slice would share them.
  const copy = new Uint8Array(data.subarray(begin, end));
  return { dtype, shape, data: new DTYPES[dtype](copy.buffer) } as Tensor;
}

/**
 * Reads a safetensors file strictly: sizes, names, types, shapes and offsets must agree to the last byte,
 * and the checksums of `writeSafetensors` must match.
 * @param where starts error messages: usually the file
 * @param options.checksum 'optional' also takes files of other writers, which carry no checksum
 * @throws BayescnnError 'data' that names the problem
 */
export function readSafetensors(
  bytes: Uint8Array,
  where: string,
  options: { checksum?: 'required' | 'optional' } = {},
): SafetensorsFile {
  requireLittleEndian(where);
  const text = headerTextOf(bytes, where);
  const header = parseHeader(text, where);
  const metadata = metadataOf(header, where);
  const data = bytes.subarray(PREFIX_BYTES + Buffer.byteLength(text));
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => entryOf(name, value, where));
  checkCoverage(entries, data.length, where);
  const foreign = options.checksum === 'optional' && !(HEADER_DIGEST in metadata);
  if (!foreign) checkDigests(text, data, metadata, where);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const entry of entries) tensors[entry.name] = tensorOf(entry, data);
  return { tensors, metadata };
}
