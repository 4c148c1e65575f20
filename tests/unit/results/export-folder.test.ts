import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { softmax } from '../../../src/metrics/index.js';
import { csv, ExportFolder, npyFile } from '../../../src/results/index.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'bayescnn-export-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Reads what numpy.lib.format describes: version 1.0 and C order. */
function readNpy(bytes: Buffer): { descr: string; shape: number[]; data: Buffer } {
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]));
  const end = 10 + bytes.readUInt16LE(8);
  expect(end % 64).toBe(0);
  const header = bytes.toString('latin1', 10, end);
  const match = /^\{'descr': '(<..)', 'fortran_order': False, 'shape': \(([^)]*)\), \} *\n$/.exec(header);
  if (match === null) throw new Error(`no header of a .npy file: ${header}`);
  const shape = match[2].split(',').filter((size) => size.trim() !== '');
  return { descr: match[1], shape: shape.map(Number), data: bytes.subarray(end) };
}

const floats = (data: Buffer) =>
  new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));

describe('npyFile', () => {
  it.each([
    ['<f4', Float32Array.of(1.5, -2, 3), [3]],
    ['<f8', Float64Array.of(1.5, -2, 3, 4), [2, 2]],
    ['<i4', Int32Array.of(1, -2, 3, 4, 5, 6), [1, 2, 3]],
  ] as const)('writes %s', (descr, array, shape) => {
    const read = readNpy(Buffer.from(npyFile(array, shape)));
    expect(read).toMatchObject({ descr, shape });
    expect([...read.data]).toEqual([...new Uint8Array(array.buffer)]);
  });
});

describe('csv', () => {
  it('quotes what would break a line, and leaves null empty', () => {
    expect(
      csv(
        ['a', 'b,c'],
        [
          [1.25, 'say "x"'],
          [null, true],
        ],
      ),
    ).toBe('a,"b,c"\n1.25,"say ""x"""\n,true\n');
  });
});

describe('ExportFolder', () => {
  const logits = [0, 1].map((s) => Float32Array.from({ length: 15 }, (_, i) => Math.sin(7 * s + i)));
  const target = () => path.join(directory, 'out');

  async function filled(): Promise<ExportFolder> {
    const folder = await ExportFolder.create(target(), 5, 3);
    folder.addBatch(logits.map((sample) => sample.subarray(0, 9)));
    folder.addBatch(logits.map((sample) => sample.subarray(9)));
    return folder;
  }

  it('puts batches in their places of [samples, images, classes]', async () => {
    const folder = await filled();
    await folder.finish({ 'labels.csv': 'x\n' });
    await folder.discard();
    expect(readdirSync(directory)).toEqual(['out']);
    expect(readdirSync(target()).sort()).toEqual(['labels.csv', 'probabilities.npy']);
    const { descr, shape, data } = readNpy(readFileSync(path.join(target(), 'probabilities.npy')));
    expect([descr, shape]).toEqual(['<f4', [2, 5, 3]]);
    const want = logits.flatMap((sample) => [...Float32Array.from(softmax(sample, 3))]);
    expect([...floats(data)]).toEqual(want);
  });

  it('leaves nothing when it is given up', async () => {
    const folder = await filled();
    await folder.discard();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is not finished with images missing', async () => {
    const folder = await ExportFolder.create(target(), 5, 3);
    folder.addBatch(logits.map((sample) => sample.subarray(0, 9)));
    await expect(folder.finish({})).rejects.toThrow(/needs 5 images of 2 samples, got 3/);
    await folder.discard();
  });

  it.each([
    ['a folder', () => mkdirSync(target())],
    ['a file', () => writeFileSync(target(), 'mine')],
  ])('refuses %s that exists, before and after the work', async (what, take) => {
    const folder = await filled();
    take();
    const message = `--export ${target()}: expected a new folder, got ${what} that exists`;
    const refusal = { code: 'usage', message, hint: expect.stringContaining('nothing is overwritten') };
    await expect(folder.finish({})).rejects.toMatchObject(refusal);
    await folder.discard();
    await expect(ExportFolder.create(target(), 5, 3)).rejects.toMatchObject(refusal);
    expect(readdirSync(directory)).toEqual(['out']);
  });
});
