import { dataError, quote } from '../fail.js';

/** What a .npy file says of its array. */
export interface NpyHeader {
  /** numpy's name of the type, e.g. `|u1`. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** Where the data begin in the file. */
  readonly start: number;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** Magic, version, and the longest length field. */
const PREFIX = 12;
/** Headers of plain arrays have some hundred bytes. */
const MAX_TEXT = 4096;
/** Bytes of a file's start that hold every header that is read. */
export const NPY_HEAD_BYTES = PREFIX + MAX_TEXT;

/** Whether a file with this start is a .npy file. */
export const isNpy = (start: Buffer): boolean => start.subarray(0, MAGIC.length).equals(MAGIC);

/**
 * Reads the header of a .npy file of format 1 to 3 (numpy.lib.format): a row-major array of a plain type.
 * @param start the file's first NPY_HEAD_BYTES bytes, or all of a shorter file
 * @throws BayescnnError 'data' when it is damaged, of another version or column-major
 */
export function npyHeader(start: Buffer, file: string): NpyHeader {
  if (!isNpy(start)) throw refusal(file, 'must be a .npy file', `one that begins with ${begin(start)}`);
  const version = start[MAGIC.length];
  if (version === undefined || version < 1 || version > 3)
    throw refusal(file, 'must have format 1, 2 or 3', String(version));
  const first = version === 1 ? 10 : PREFIX;
  if (start.length < first) throw refusal(file, 'must have a whole header', `${start.length} bytes`);
  const length = version === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  if (length > MAX_TEXT) throw refusal(file, `must have a header of at most ${MAX_TEXT} bytes`, `${length}`);
  if (start.length < first + length)
    throw refusal(file, 'must have a whole header', `${start.length} of ${first + length} bytes`);
  const text = start.toString(version === 3 ? 'utf8' : 'latin1', first, first + length);
  return { ...parsed(text, file), start: first + length };
}

/** Reads `{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }`, keys in any order. */
function parsed(text: string, file: string): Pick<NpyHeader, 'descr' | 'shape'> {
  const descr = /'descr': *'([<>|=][a-zA-Z]\d+)'/.exec(text)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(text)?.[1];
  const tuple = /'shape': *\(((?:\d+, *)*\d*),? *\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || tuple === undefined)
    throw refusal(file, 'must be an array of a plain type', quote(text.trim()));
  if (order === 'True')
    throw refusal(file, 'must be row-major', "fortran_order True; save numpy's ascontiguousarray of it");
  const shape = tuple.split(',').filter((part) => part.trim() !== '');
  return { descr, shape: shape.map(Number) };
}

const begin = (start: Buffer): string => (start.length === 0 ? 'nothing' : start.toString('hex', 0, 6));

function refusal(file: string, must: string, got: string) {
  return dataError(`npy: ${file} ${must}, got ${got}`, 'check the file, or save it again with numpy.save');
}
