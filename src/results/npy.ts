import { requireLittleEndian } from './safetensors-types.js';

/** The types of array that are written, by numpy's name for them. */
const DESCR = { Float32Array: '<f4', Float64Array: '<f8', Int32Array: '<i4' } as const;
export type NpyType = keyof typeof DESCR;
export type NpyArray = Float32Array | Float64Array | Int32Array;

/** Magic, version and the length of the header text. */
const PREFIX = 10;
const ALIGNMENT = 64;

/**
 * The start of a .npy file of format 1.0 (numpy.lib.format): magic, then a Python dictionary, padded so that
 * the data which follow, row-major, begin at a multiple of 64 bytes.
 */
export function npyHeader(type: NpyType, shape: readonly number[]): Uint8Array {
  requireLittleEndian('npy writer');
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${DESCR[type]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const total = Math.ceil((PREFIX + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(total, ' ');
  header.write('\x93NUMPY', 'latin1');
  header.writeUInt16LE(1, 6);
  header.writeUInt16LE(total - PREFIX, 8);
  header.write(text, PREFIX, 'latin1');
  header.write('\n', total - 1);
  return header;
}

/** A whole .npy file. `array` is row-major and has as many elements as `shape` says. */
export function npyFile(array: NpyArray, shape: readonly number[]): Uint8Array {
  const header = npyHeader(array.constructor.name as NpyType, shape);
  return Buffer.concat([header, new Uint8Array(array.buffer, array.byteOffset, array.byteLength)]);
}
