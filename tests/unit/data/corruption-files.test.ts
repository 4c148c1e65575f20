import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CorruptionFiles } from '../../../src/data/corruptions/files.js';
import { npy } from './made-up-npy.js';
import { failureOf, temporaryFolder } from './support.js';

const LABELS = Uint8Array.of(3, 8, 0);
const five = (labels: Uint8Array) => Buffer.concat(new Array(5).fill(Buffer.from(labels)));
/** Image i (of 15): channel c of pixel p is (i + 100 c + p) mod 256, channels last. */
const PIXELS = Uint8Array.from({ length: 15 * 3072 }, (_, at) => {
  const [i, p, c] = [Math.floor(at / 3072), Math.floor((at % 3072) / 3), at % 3];
  return (i + 100 * c + p) % 256;
});

function folderOf(labels: Buffer, images = npy('|u1', [15, 32, 32, 3], PIXELS)): string {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'labels.npy'), labels);
  writeFileSync(path.join(folder, 'fog.npy'), images);
  return folder;
}

describe('CIFAR-10-C from files', () => {
  it.each([
    ['uint8', '|u1', five(LABELS)],
    ['int64', '<i8', Buffer.from(BigInt64Array.from(five(LABELS), BigInt).buffer)],
    ['int32', '<i4', Buffer.from(Int32Array.from(five(LABELS)).buffer)],
  ])('reads the images of a severity, labels in %s', async (_, descr, labels) => {
    const files = await CorruptionFiles.open(folderOf(npy(descr, [15], labels)), ['fog'], LABELS);
    const out = new Uint8Array(3 * 3072);
    await files.read('fog', 4, Int32Array.of(1, 2, 0), out);
    await files.close();
    // Severity 4 begins at image 9.
    for (const [at, image] of [10, 11, 9].entries())
      for (const i of [0, 1, 1023, 1024, 3071])
        expect(out[at * 3072 + i]).toBe((image + 100 * (i >> 10) + (i % 1024)) % 256);
  });

  it.each([
    ['other labels', npy('|u1', [15], five(Uint8Array.of(3, 8, 1))), 'got 1 for image 2 in place of 0'],
    ['other counts', npy('|u1', [5], new Uint8Array(5)), 'must have 3 or 15 labels, got shape (5)'],
    ['labels that are no numbers', npy('<f8', [15], new Uint8Array(120)), 'got type <f8'],
  ])('refuses %s', async (_, labels, message) => {
    const error = await failureOf(() => CorruptionFiles.open(folderOf(labels), ['fog'], LABELS));
    expect(error.message).toContain(message);
    expect(error.exitCode).toBe(3);
  });

  it('refuses images of another shape, and names what is missing', async () => {
    const labels = npy('|u1', [3], LABELS);
    const short = npy('|u1', [3, 32, 32, 3], PIXELS.subarray(0, 3 * 3072));
    const failure = async (folder: string, kind: 'fog' | 'snow') =>
      (await failureOf(() => CorruptionFiles.open(folder, [kind], LABELS))).message;
    expect(await failure(folderOf(labels, short), 'fog')).toContain('must be uint8 [15, 32, 32, 3]');
    expect(await failure(folderOf(labels), 'snow')).toMatch(/snow\.npy, got no such file/);
  });
});
