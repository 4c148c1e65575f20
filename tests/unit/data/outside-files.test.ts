import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { readOutsideFile } from '../../../src/data/outside-files/read.js';
import { npy } from './made-up-npy.js';
import { failureOf, temporaryFolder, writeArchive } from './support.js';

/** Image i: channel c, row y, column x is (7 i + 50 c + 3 y + 5 x) mod 256. */
function imagesOf(n: number): Uint8Array {
  return Uint8Array.from({ length: n * 3072 }, (_, at) => {
    const [i, c, y, x] = [Math.floor(at / 3072), (at >> 10) % 3, (at >> 5) & 31, at & 31];
    return (7 * i + 50 * c + 3 * y + 5 * x) % 256;
  });
}

/** scipy.io.savemat({'y': [[1], [2]], 'X': the two images as SVHN stores them}, do_compression=True), SciPy 1.17. */
const MATLAB = Buffer.from(
  'TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgYnkgU2NpUHkgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAAAAAAAAAAAAABSU0PAAAAKAAAAHic42NgYDAAYjYg5gBiTgYIYIXymYCYEYwZGSrBfCYGRqAgABikAOgPAAAA0QIAAHic7ZhVUFVhGEUPKAgGYmNjdxd2dzc2it3dit3d3d3d3d3d3d2tZ//w6nq/M4c7/8AMM+vpm732vj6WZQX4WZan/dvLft5W6I+H/Xzt5x/2wtnP3X5u9icw7G/LT//w9I4cNXosv/iJkiRPlTZD5mw5c+crWKR4qbIVKlerWbueh1ckn2gx48RL6J8sZZr0mbLmCMhboHCxkmXKV6pao1bdBo0iRvGNETtugsRJU6ROlzFL9lx58hcqWqJ0uYpVqgfWqd+wcTNABwU3bdEa0E2at2rbAdAt27Tv1BXQ7Tp26d4L0J279ezTD9A9eocMGAzovv0HDR0B6IFDho8aC+hhI8eMnwTo0eMmTpkO6AmTp82cA+ipM2bPWwjoWXMXLF4G6PmLlq5YDegly1et3QDolWvWb9oK6HUbt2zfBejN23bu2Q/oHbv3HTwC6L0HDh87CehDR0+cPgfo46fOXrgM6DPnL129AeiLV67fugvoazfv3H8E6Nv3Hj55DugHj5+9fAPopy9ev/sI6FdvP3z+5tyvc7+ufL+Afv/p64/fgP7y/ddfd0D//OMWPgKgjToBbdQJaKNOQBt1AtqoE9BGnYA26nTu17lfV75fQJvqB2hT/QBtqh+gjToBbdQJaKNOQBt1AtqoE9BGnYA26vw/OdSctA1kTtoGMidtAyUPbQMlD20DJQ9tAyUPbQMlD20DJQ9tAyUPbQMlD3UrJQ91KyUPdSslD3UrJQ91KyUPdSslD3UrJQ91KyUPdSslD3UrJQ+5SclDblLykJuUPOQmJQ+5SclDblLykJuUPOQmJQ+5SclDblLykJuUPM79OvfryvdL3UrmpG4lc1K3kjmpW0md1K2kTupWUid1K6mTupXUSd1K6qRuJXU69+vcryvfL20DVT/aBqp+tA1U/WgbSJ20DaRO2gZSJ20DqZO2gdRJ20Dq5G/3g4L/AYbqZgc=',
  'base64',
);

function written(content: Uint8Array, name: string): string {
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

const allocate = (bytes: number) => new Uint8Array(bytes);
const read = (file: string, limit?: number) => readOutsideFile(file, { allocate, limit });
const failure = async (content: Uint8Array, name: string) =>
  (await failureOf(() => read(written(content, name)))).message;

/** The same file with its variables not compressed. */
function unpacked(mat: Buffer): Buffer {
  const parts = [mat.subarray(0, 128)];
  for (let at = 128; at < mat.length; at += 8 + mat.readUInt32LE(at + 4))
    parts.push(inflateSync(mat.subarray(at + 8, at + 8 + mat.readUInt32LE(at + 4))));
  return Buffer.concat(parts);
}

describe("SVHN's .mat", () => {
  it.each([
    ['compressed', MATLAB],
    ['not compressed', unpacked(MATLAB)],
  ])('%s', async (_, content) => {
    const got = await read(written(content, 'test_32x32.mat'));
    expect([got.set, got.n]).toEqual(['svhn', 2]);
    expect(got.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(got.images).toEqual(imagesOf(2));
    expect((await read(written(content, 'own.mat'), 1)).images).toEqual(imagesOf(1));
    expect((await read(written(content, 'own.mat'))).set).toBe('own');
  });

  it('damaged', async () => {
    expect(await failure(MATLAB.subarray(0, MATLAB.length - 40), 'a.mat')).toContain('must have whole');
    expect(await failure(unpacked(MATLAB).subarray(0, 3000), 'a.mat')).toContain('one that ends after');
    expect(await failure(MATLAB.subarray(0, 100), 'a.mat')).toContain('must have a whole header');
    const flipped = Buffer.from(MATLAB);
    flipped[400] ^= 0xff;
    expect(await failure(flipped, 'a.mat')).toContain('whole compressed variables');
    const renamed = unpacked(MATLAB);
    // A name of one byte stands in its element's tag.
    renamed[renamed.indexOf(Buffer.from('\x01\0\x01\0X')) + 4] = 'Z'.charCodeAt(0);
    expect(await failure(renamed, 'a.mat')).toContain('must have a variable X, got y, Z');
  });

  it('of HDF5', async () => {
    const text = Buffer.from('MATLAB 7.3 MAT-file, Platform: GLNXA64');
    expect(await failure(text, 'a.mat')).toContain('got a MATLAB 7.3 (HDF5) file');
  });
});

describe('.npy', () => {
  const planar = imagesOf(3);
  const last = Uint8Array.from(planar, (_, i) => {
    const within = i % 3072;
    return planar[i - within + (within % 3) * 1024 + Math.floor(within / 3)];
  });

  it('reads channels first and last', async () => {
    const first = await read(written(npy('|u1', [3, 3, 32, 32], planar), 'first.npy'));
    expect([first.set, first.images]).toEqual(['first', planar]);
    expect((await read(written(npy('|u1', [3, 32, 32, 3], last), 'last.npy'))).images).toEqual(planar);
    expect((await read(written(npy('|u1', [3, 32, 32, 3], last), 'last.npy'), 2)).n).toBe(2);
  });

  it.each([
    ['of another type', npy('<f4', [1, 32, 32, 3], new Uint8Array(4 * 3072)), 'whole numbers'],
    ['of wider numbers', npy('<i4', [1, 32, 32, 3], new Uint8Array(4 * 3072)), 'must be uint8'],
    ['of another shape', npy('|u1', [3, 3072], planar), 'must be uint8 [n, 32, 32, 3]'],
    ['column-major', npy('|u1', [3, 3, 32, 32], planar, 'True'), 'must be row-major'],
    ['cut short', npy('|u1', [3, 3, 32, 32], planar.subarray(1)), 'must have 9344 bytes'],
    ['too long', npy('|u1', [2, 3, 32, 32], planar), 'for its shape (2, 3, 32, 32)'],
    ['empty', npy('|u1', [0, 3, 32, 32], new Uint8Array(0)), 'must have 1 to 100000 images, got 0'],
    ['of objects', npy('|O', [1, 3, 32, 32], new Uint8Array(8)), 'array of a plain type'],
    ['without a header', npy('|u1', [1], new Uint8Array(1)).subarray(0, 40), 'must have a whole header'],
  ])('refuses one %s', async (_, content, message) => {
    expect(await failure(content, 'a.npy')).toContain(message);
  });
});

describe("CIFAR-100's archive", () => {
  const records = (n: number, coarse = 19, fine = 99) =>
    Buffer.concat(
      Array.from({ length: n }, (_, i) =>
        Buffer.concat([Buffer.of(coarse, fine), imagesOf(n).subarray(i * 3072, (i + 1) * 3072)]),
      ),
    );
  const archive = (content: Uint8Array, name = 'cifar-100-binary/test.bin') =>
    writeArchive(temporaryFolder(), [
      { path: 'cifar-100-binary/fine_label_names.txt', content: Buffer.from('apple') },
      { path: 'cifar-100-binary/train.bin', content: records(1) },
      { path: name, content },
    ]);

  it('gives its test images', async () => {
    const got = await read(archive(records(30)));
    expect([got.set, got.n]).toEqual(['cifar-100', 30]);
    expect(got.images).toEqual(imagesOf(30));
    expect((await read(archive(records(30)), 7)).images).toEqual(imagesOf(7));
  });

  it.each([
    ['a label', [records(2, 20)], 'label at byte 0 of cifar-100-binary/test.bin must be 0 to 19, got 20'],
    ['a fine label', [records(2, 0, 100)], 'label at byte 1'],
    ['its size', [records(2).subarray(1)], 'whole records of 3074 bytes, got 6147'],
    ['its members', [records(2), 'cifar-10/test.bin'], 'must have a member cifar-100-binary/test.bin'],
  ] as const)('is refused for %s', async (_, [content, name], message) => {
    expect((await failureOf(() => read(archive(content, name)))).message).toContain(message);
  });

  it('damaged, is not taken for CIFAR-10', async () => {
    const file = archive(records(2));
    const bytes = gunzipSync(readFileSync(file));
    writeFileSync(file, gzipSync(Buffer.concat([bytes, Buffer.of(1)])));
    const { message, hint } = await failureOf(() => read(file));
    expect(message).toContain('zeros must follow');
    expect(hint).toContain('or not CIFAR-100');
  });
});

describe('a folder of pictures', () => {
  it('is read in the order of paths', async () => {
    const folder = path.join(temporaryFolder(), 'textures');
    mkdirSync(path.join(folder, 'b'), { recursive: true });
    for (const [name, grey] of [
      ['b/2.png', 20],
      ['a.PNG', 10],
    ] as const) {
      const picture = new PNG({ width: 32, height: 32 });
      picture.data.fill(grey).forEach((_, i, data) => {
        if (i % 4 === 3) data[i] = 255;
      });
      writeFileSync(path.join(folder, name), PNG.sync.write(picture));
    }
    writeFileSync(path.join(folder, 'notes.txt'), 'no picture');
    const got = await read(folder);
    expect([got.set, got.n, got.sha256]).toEqual(['textures', 2, null]);
    expect([got.images[0], got.images[3072]]).toEqual([10, 20]);
  });

  it('must have some', async () => {
    expect((await failureOf(() => read(temporaryFolder()))).message).toContain(
      'must have pictures, got none',
    );
  });
});

it('says what a file is that it cannot use', async () => {
  expect(await failure(new Uint8Array(0), 'a')).toContain('got an empty file');
  expect(await failure(Buffer.of(1, 2, 3, 4), 'a')).toContain('begins with 01020304');
  expect((await failureOf(() => read('/dev/null'))).message).toContain('got a pipe or device');
  expect((await failureOf(() => read('/no/such/file'))).message).toContain('no such file');
});
