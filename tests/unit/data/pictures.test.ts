import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeJpeg } from '../../../src/data/pictures/jpeg.js';
import { decodePng } from '../../../src/data/pictures/png.js';
import { readPicture } from '../../../src/data/pictures/read.js';
import { toImage } from '../../../src/data/pictures/resize.js';
import { onWhite } from '../../../src/data/pictures/rgb.js';
import { BASELINE, PROGRESSIVE } from './jpegs.js';

const directory = mkdtempSync(path.join(tmpdir(), 'bayescnn-pictures-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The first row of both JPEGs as Pillow decodes it. */
const FIRST_ROW = [
  1, 40, 81, 10, 49, 90, 19, 58, 99, 28, 67, 108, 37, 76, 117, 46, 85, 126, 55, 94, 135, 64, 103, 144,
];

type Rgb = [number, number, number];

function picture(width: number, height: number, colour: (x: number, y: number) => Rgb) {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const at = Math.floor(i / 3);
    return colour(at % width, Math.floor(at / width))[i % 3];
  });
  return { width, height, pixels };
}

function pixelOf(image: Uint8Array, row: number, column: number): number[] {
  return [0, 1, 2].map((channel) => image[channel * 1024 + row * 32 + column]);
}

function near(got: ArrayLike<number>, wanted: readonly number[], within: number): void {
  wanted.forEach((value, i) => {
    expect(Math.abs(got[i] - value), `value ${i}: ${got[i]} for ${value}`).toBeLessThanOrEqual(within);
  });
}

function png(width: number, height: number, fill: (data: Buffer) => void): Buffer {
  const made = new PNG({ width, height });
  fill(made.data);
  return PNG.sync.write(made);
}

describe('decoding', () => {
  it.each([
    ['baseline', BASELINE],
    ['progressive', PROGRESSIVE],
  ])('reads a %s JPEG as Pillow does', (_, base64) => {
    const decoded = decodeJpeg(Buffer.from(base64, 'base64'), 'ramp.jpg');
    expect([decoded.width, decoded.height]).toEqual([8, 8]);
    near(decoded.pixels, FIRST_ROW, 1);
  });

  it('reads a PNG exactly and lays what is transparent on white', () => {
    const bytes = png(2, 1, (data) => data.set([10, 20, 30, 255, 100, 0, 200, 51]));
    expect([...decodePng(bytes, 'p.png').pixels]).toEqual([10, 20, 30, 224, 204, 244]);
    expect([...onWhite(1, 1, Uint8Array.of(7, 8, 9, 0)).pixels]).toEqual([255, 255, 255]);
  });

  it('refuses a PNG whose data unpack to more than its pixels', () => {
    const small = png(1, 1, (data) => data.fill(9));
    const at = small.indexOf('IDAT');
    const packed = deflateSync(Buffer.alloc(1e6));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(packed.length);
    const bomb = Buffer.concat([
      small.subarray(0, at - 4),
      length,
      Buffer.from('IDAT'),
      packed,
      Buffer.alloc(4),
    ]);
    expect(() => decodePng(bomb, 'bomb.png')).toThrow(/image: bomb.png must be a whole PNG, got .*larger/);
  });

  it.each([
    ['lines', 5],
    ['columns', 7],
  ])('refuses a JPEG without %s', (_, offset) => {
    const bytes = Buffer.from(BASELINE, 'base64');
    bytes.writeUInt16BE(0, bytes.indexOf(Buffer.of(0xff, 0xc0)) + offset);
    expect(() => decodeJpeg(bytes, 'a.jpg')).toThrow(/a\.jpg must be a whole JPEG/);
  });

  it('refuses too many pixels before it decodes them', () => {
    const bytes = png(1, 1, (data) => data.fill(9));
    bytes.writeUInt32BE(100_000, 16);
    bytes.writeUInt32BE(100_000, 20);
    expect(() => decodePng(bytes, 'huge.png')).toThrow('got 100000 x 100000');
    const jpeg = Buffer.from(BASELINE, 'base64');
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    jpeg.writeUInt16BE(65_000, frame + 5);
    jpeg.writeUInt16BE(65_000, frame + 7);
    expect(() => decodeJpeg(jpeg, 'huge.jpg')).toThrow(/at most 32000000 pixels, got maxResolutionInMP/);
  });
});

describe('resizing', () => {
  it('keeps the bytes of a 32 x 32 picture', () => {
    const same = picture(32, 32, (x, y) => [x * 7, y * 8, (x * y) % 256]);
    const image = toImage(same);
    for (let i = 0; i < 1024; i++)
      expect(pixelOf(image, i >> 5, i % 32)).toEqual([...same.pixels.subarray(3 * i, 3 * i + 3)]);
  });

  // Values by Pillow 13: crop((16, 0, 64, 48)), then resize((32, 32), BILINEAR).
  it('shrinks the centred square as Pillow does', () => {
    const image = toImage(picture(80, 48, (x, y) => [(x * 3) % 256, (y * 5) % 256, (x * y) % 256]));
    near(pixelOf(image, 0, 0), [49, 2, 6], 1);
    near(pixelOf(image, 31, 31), [188, 233, 104], 1);
    near(pixelOf(image, 10, 20), [139, 76, 192], 1);
    near(pixelOf(image, 17, 3), [62, 129, 52], 1);
  });

  it('enlarges as Pillow does', () => {
    const image = toImage(picture(20, 20, (x, y) => [(x * 11) % 256, (y * 13) % 256, (x * y) % 256]));
    near(pixelOf(image, 0, 0), [0, 0, 0], 1);
    near(pixelOf(image, 31, 31), [209, 247, 105], 1);
    near(pixelOf(image, 10, 20), [135, 79, 75], 1);
    near(pixelOf(image, 17, 3), [19, 136, 18], 1);
  });
});

describe('files', () => {
  it('tells the kind by the content and says how a picture was resized', async () => {
    const file = path.join(directory, 'wrongly-named.png');
    writeFileSync(file, Buffer.from(BASELINE, 'base64'));
    const read = await readPicture(file);
    expect(read).toMatchObject({ file, width: 8, height: 8 });
    expect(read.resized).toContain('triangle filter');
  });

  it.each([
    ['empty.png', Buffer.alloc(0), 'got an empty file'],
    ['text.jpg', Buffer.from('no picture'), 'got a file that begins with 6e6f2070'],
    ['cut.jpg', Buffer.from(BASELINE, 'base64').subarray(0, 300), 'must be a whole JPEG'],
    ['cut.png', png(9, 9, (data) => data.fill(3)).subarray(0, 60), 'must be a whole PNG'],
  ])('refuses %s', async (name, bytes, message) => {
    const file = path.join(directory, name);
    writeFileSync(file, bytes);
    await expect(readPicture(file)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(message),
    });
  });

  it('refuses a file that is not there', async () => {
    await expect(readPicture(path.join(directory, 'none.png'))).rejects.toMatchObject({ code: 'data' });
  });
});
