import { createHash } from 'node:crypto';
import { BayescnnError } from '../errors.js';
import {
  DATA_DIGEST,
  DTYPES,
  elementCount,
  HEADER_DIGEST,
  MAX_HEADER_BYTES,
  PREFIX_BYTES,
  requireLittleEndian,
  type Tensor,
  ZERO_DIGEST,
} from './safetensors-types.js';

const WHERE = 'safetensors writer';
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function wrong(what: string): BayescnnError {
  return new BayescnnError('failure', `${WHERE}: ${what}`);
}

function checkTensor(name: string, { dtype, shape, data }: Tensor): void {
  if (name === '__metadata__') throw wrong('a tensor needs another name, got "__metadata__"');
  if (!(data instanceof DTYPES[dtype]))
    throw wrong(`"${name}" must hold ${dtype} data, got ${data.constructor.name}`);
  if (elementCount(shape) !== data.length) {
    throw wrong(`"${name}" of shape [${shape}] must hold as many elements, got ${data.length}`);
  }
}

/** Wide types first, so that every tensor is aligned (the reference writer's order); then by name. */
function sorted(tensors: Readonly<Record<string, Tensor>>): [string, Tensor][] {
  return Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || compare(nameA, nameB),
  );
}

/** A JSON object with its keys in the given order; a JavaScript object would move keys like "0" up. */
function jsonObject(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
}

function headerText(
  tensors: readonly [string, Tensor][],
  metadata: Readonly<Record<string, string>>,
): string {
  const pairs = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
  const entries: [string, string][] = [
    ['__metadata__', jsonObject(pairs.map(([key, text]) => [key, JSON.stringify(text)]))],
  ];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const end = offset + data.byteLength;
    entries.push([name, JSON.stringify({ dtype, shape, data_offsets: [offset, end] })]);
    offset = end;
  }
  const text = jsonObject(entries);
  const bytes = Buffer.byteLength(text);
  return text + ' '.repeat((8 - (bytes % 8)) % 8);
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(metadata)) {
    if (key === DATA_DIGEST || key === HEADER_DIGEST)
      throw wrong(`the writer itself adds "${key}" to the metadata, got one`);
    if (typeof value !== 'string') throw wrong(`metadata "${key}" must be a string, got ${typeof value}`);
  }
}

/**
 * A safetensors file (https://huggingface.co/docs/safetensors) as bytes. Equal input gives equal bytes.
 * Its metadata also gets `sha256` (of the data part) and `header_sha256`, which `readSafetensors` verifies.
 * @throws BayescnnError 'failure' for data that does not fit its dtype or shape
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  requireLittleEndian(WHERE);
  checkMetadata(metadata);
  const entries = sorted(tensors);
  for (const [name, tensor] of entries) checkTensor(name, tensor);
  const parts = entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const digests = { [DATA_DIGEST]: hash.digest('hex'), [HEADER_DIGEST]: ZERO_DIGEST };
  const blank = headerText(entries, { ...metadata, ...digests });
  const digest = createHash('sha256').update(blank).digest('hex');
  // Digests have one length, so that the header keeps its size.
  const header = Buffer.from(headerText(entries, { ...metadata, ...digests, [HEADER_DIGEST]: digest }));
  if (header.length > MAX_HEADER_BYTES)
    throw wrong(`the header must fit ${MAX_HEADER_BYTES} bytes, got ${header.length}`);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return new Uint8Array(Buffer.concat([prefix, header, ...parts]));
}
