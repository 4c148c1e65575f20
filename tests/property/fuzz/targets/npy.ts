import { npyFile } from '../../../../src/results/index.js';
import { check, type Outcome, type Target } from '../target.js';

const ARRAYS = { '<f4': Float32Array, '<f8': Float64Array, '<i4': Int32Array } as const;

/** numpy's format description, read as plainly as can be. */
function parse(file: Buffer): { descr: string; shape: number[]; data: Buffer } {
  check(file.toString('latin1', 0, 6) === '\x93NUMPY' && file[6] === 1 && file[7] === 0, 'no .npy 1.0 file');
  const end = 10 + file.readUInt16LE(8);
  check(end % 64 === 0 && file[end - 1] === 0x0a, 'the data are not aligned');
  const text = file.toString('latin1', 10, end);
  const match = /^\{'descr': '(<[fi]\d)', 'fortran_order': False, 'shape': \((.*)\), \} *\n$/.exec(text);
  check(match !== null, `a header that numpy does not read: ${text}`);
  const sizes = (match as RegExpExecArray)[2].split(',').filter((size) => size.trim() !== '');
  check(sizes.length !== 1 || (match as RegExpExecArray)[2].endsWith(','), 'a tuple of one needs its comma');
  return { descr: (match as RegExpExecArray)[1], shape: sizes.map(Number), data: file.subarray(end) };
}

/** .npy files of any shape: what is written reads back bit by bit. */
export const npy: Target = {
  name: 'npy',
  run(dice): Outcome {
    const descr = dice.pick(Object.keys(ARRAYS) as (keyof typeof ARRAYS)[]);
    const shape = Array.from({ length: dice.below(6) }, () => dice.below(5));
    if (dice.oneIn(10)) shape.splice(0, shape.length, 0, 2 ** dice.below(53));
    const length = shape.reduce((a, b) => a * b, 1);
    const bytes = dice.bytes(length * ARRAYS[descr].BYTES_PER_ELEMENT);
    const array = new ARRAYS[descr](Uint8Array.from(bytes).buffer);
    const got = parse(Buffer.from(npyFile(array, shape)));
    check(
      got.descr === descr && JSON.stringify(got.shape) === JSON.stringify(shape),
      'another type or shape',
    );
    check(got.data.equals(bytes), 'other values');
    return 'accepted';
  },
};
