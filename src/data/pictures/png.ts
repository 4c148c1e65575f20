import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { dataError } from '../fail.js';
import { MAX_PIXELS, onWhite, type RgbPicture } from './rgb.js';

const require = createRequire(import.meta.url);
/** Loaded with the first picture: a training, which has none, starts sooner without its 22 files. */
const pngjs = () => require('pngjs') as typeof import('pngjs');

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const IHDR_WIDTH = 16;
const IHDR_END = 24;

export function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);
}

/**
 * Decodes a PNG of any colour type and depth, 16 bits rounded to 8; transparent pixels lie on white.
 * @throws BayescnnError 'data' when it is damaged or has more than MAX_PIXELS pixels
 */
export function decodePng(bytes: Buffer, file: string): RgbPicture {
  const { width, height } = sizeOf(bytes, file);
  try {
    checkUnpacked(bytes, width, height);
    const picture = pngjs().PNG.sync.read(bytes, { checkCRC: true });
    return onWhite(picture.width, picture.height, picture.data);
  } catch (cause) {
    throw dataError(
      `image: ${file} must be a whole PNG, got ${(cause as Error).message}`,
      'the file is damaged or cut short; save it again',
      cause,
    );
  }
}

function sizeOf(bytes: Buffer, file: string): { width: number; height: number } {
  if (bytes.length < IHDR_END || bytes.toString('latin1', 12, IHDR_WIDTH) !== 'IHDR')
    throw dataError(`image: ${file} must be a whole PNG, got one without a header`, 'save it again');
  const [width, height] = [bytes.readUInt32BE(IHDR_WIDTH), bytes.readUInt32BE(IHDR_WIDTH + 4)];
  if (width > 0 && height > 0 && width * height <= MAX_PIXELS) return { width, height };
  throw dataError(
    `image: ${file} must have 1 to ${MAX_PIXELS} pixels, got ${width} x ${height}`,
    'make it smaller: it is resized to 32 x 32 in any case',
  );
}

/** Refuses data that unpack to more than the picture can hold: the decoder would keep them all. */
function checkUnpacked(bytes: Buffer, width: number, height: number): void {
  const parts: Buffer[] = [];
  for (let at = SIGNATURE.length; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  // Four channels of 16 bits; interlaced passes add a filter byte and a part of a byte to at most 2 h + 7 rows.
  const most = width * height * 8 + 2 * (2 * height + 7);
  inflateSync(Buffer.concat(parts), { maxOutputLength: most });
}

/** A CIFAR image [3072] as a PNG; equal pixels give equal bytes. */
export function encodePng(image: Uint8Array): Buffer {
  const plane = image.length / 3;
  const side = Math.sqrt(plane);
  const { PNG } = pngjs();
  const png = new PNG({ width: side, height: side });
  for (let i = 0; i < plane; i++)
    png.data.set([image[i], image[plane + i], image[2 * plane + i], 255], 4 * i);
  return PNG.sync.write(png, { colorType: 2 });
}
