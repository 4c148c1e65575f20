import { type FileHandle, open, stat } from 'node:fs/promises';
import { dataError, fileError } from '../fail.js';
import { NPY_HEAD_BYTES, npyHeader } from './npy-header.js';

/** Bytes of an element of the types that are read. */
const SIZES: Readonly<Record<string, number>> = {
  '|u1': 1,
  '|i1': 1,
  '<i2': 2,
  '<u2': 2,
  '<i4': 4,
  '<u4': 4,
};
const WIDE: Readonly<Record<string, number>> = { '<i8': 8, '<u8': 8 };

/** A .npy file that is read piece by piece. */
export class NpyFile {
  private constructor(
    readonly file: string,
    readonly descr: string,
    readonly shape: readonly number[],
    private readonly handle: FileHandle,
    private readonly start: number,
  ) {}

  /**
   * Opens a file of whole numbers and checks that it holds exactly its array.
   * @throws BayescnnError 'data' when it cannot be read, is damaged, cut short or of another type
   */
  static async open(file: string): Promise<NpyFile> {
    let handle: FileHandle | undefined;
    try {
      // A pipe would wait for its writer.
      if (!(await stat(file)).isFile())
        throw dataError(`npy: ${file} must be a file, got a folder, pipe or device`, 'name the file itself');
      handle = await open(file, 'r');
      const head = Buffer.alloc(NPY_HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      const { descr, shape, start } = npyHeader(head.subarray(0, bytesRead), file);
      const size = SIZES[descr] ?? WIDE[descr];
      if (size === undefined)
        throw dataError(
          `npy: ${file} must hold whole numbers, little-endian, got type ${descr}`,
          'save it as uint8, for example array.astype("uint8")',
        );
      const wanted = start + shape.reduce((product, length) => product * length, size);
      const got = (await handle.stat()).size;
      if (got !== wanted)
        throw dataError(
          `npy: ${file} must have ${wanted} bytes for its shape (${shape.join(', ')}), got ${got}`,
          got < wanted ? 'the file is cut short: fetch it again' : 'save it again with numpy.save',
        );
      return new NpyFile(file, descr, shape, handle, start);
    } catch (error) {
      await handle?.close();
      throw fileError('npy', file, error);
    }
  }

  /** Fills `out` with bytes of the data from byte `from` on. */
  async bytes(from: number, out: Uint8Array): Promise<void> {
    for (let done = 0; done < out.length; ) {
      const { bytesRead } = await this.handle.read(out, done, out.length - done, this.start + from + done);
      if (bytesRead === 0)
        throw dataError(`npy: ${this.file} became shorter while it was read`, 'start the evaluation again');
      done += bytesRead;
    }
  }

  /** All elements as numbers; for small arrays such as labels. */
  async numbers(): Promise<Float64Array> {
    const count = this.shape.reduce((product, length) => product * length, 1);
    const size = SIZES[this.descr] ?? WIDE[this.descr];
    const bytes = Buffer.alloc(count * size);
    await this.bytes(0, bytes);
    const signed = this.descr[1] === 'i';
    return Float64Array.from({ length: count }, (_, i) => {
      if (size === 8) return Number(signed ? bytes.readBigInt64LE(8 * i) : bytes.readBigUInt64LE(8 * i));
      return signed ? bytes.readIntLE(size * i, size) : bytes.readUIntLE(size * i, size);
    });
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
