import os from 'node:os';
import { BayescnnError } from '../errors.js';

/** The safetensors types that a JavaScript typed array can hold. */
export const DTYPES = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
} as const;

export type Dtype = keyof typeof DTYPES;

interface Arrays {
  F64: Float64Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
  F32: Float32Array;
  I32: Int32Array;
  U32: Uint32Array;
  I16: Int16Array;
  U16: Uint16Array;
  I8: Int8Array;
  U8: Uint8Array;
}

/** A tensor of any supported type, row-major. */
export type Tensor = {
  [D in Dtype]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: Arrays[D] };
}[Dtype];

/** The format's own limit on its header, bytes. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Length of the little-endian header size at the start of a file. */
export const PREFIX_BYTES = 8;
/** Metadata: sha256 of the bytes after the header. */
export const DATA_DIGEST = 'sha256';
/** Metadata: sha256 of the header's bytes while this value is 64 zeros. It covers `DATA_DIGEST` too. */
export const HEADER_DIGEST = 'header_sha256';
export const ZERO_DIGEST = '0'.repeat(64);

export const isDtype = (name: unknown): name is Dtype =>
  typeof name === 'string' && Object.hasOwn(DTYPES, name);

/** A problem with a file's content. */
export function damaged(where: string, what: string): BayescnnError {
  return new BayescnnError('data', `${where}: ${what}`, {
    hint: 'the file is damaged, or no safetensors file of bayescnn; use another copy',
  });
}

/** Elements of a shape; undefined unless it is an array of whole numbers >= 0 with a safe product. */
export function elementCount(shape: unknown): number | undefined {
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    return undefined;
  const count = shape.reduce((product: number, size: number) => product * size, 1);
  return Number.isSafeInteger(count) ? count : undefined;
}

/** Typed arrays are copied byte by byte, which is the format's order on little-endian machines only. */
export function requireLittleEndian(where: string): void {
  if (os.endianness() === 'LE') return;
  throw new BayescnnError(
    'failure',
    `${where}: safetensors needs a little-endian machine, got ${os.arch()}`,
    {
      hint: 'run on x64 or arm64',
    },
  );
}
