import { createRequire } from 'node:module';
import { dataError } from '../fail.js';
import { MAX_PIXELS, onWhite, type RgbPicture } from './rgb.js';

const require = createRequire(import.meta.url);
/** Loaded with the first picture, as in png.ts. */
const jpeg = () => require('jpeg-js') as typeof import('jpeg-js');

/** Megabytes that a picture of MAX_PIXELS may take while it is decoded. */
const MAX_MEGABYTES = 1024;

export function isJpeg(bytes: Buffer): boolean {
  return bytes.length > 2 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Decodes a baseline or progressive JPEG (grey, YCbCr or CMYK). An Exif orientation is not applied.
 * @throws BayescnnError 'data' when it is damaged or has more than MAX_PIXELS pixels
 */
export function decodeJpeg(bytes: Buffer, file: string): RgbPicture {
  try {
    const { width, height, data } = jpeg().decode(bytes, {
      useTArray: true,
      formatAsRGBA: true,
      tolerantDecoding: false,
      maxResolutionInMP: MAX_PIXELS / 1e6,
      maxMemoryUsageInMB: MAX_MEGABYTES,
    });
    // The decoder takes a frame without lines or columns for a picture.
    if (data.length === 0 || data.length !== 4 * width * height)
      throw new Error(`${data.length / 4} pixels for ${width} x ${height}`);
    return onWhite(width, height, data);
  } catch (cause) {
    throw dataError(
      `image: ${file} must be a whole JPEG of at most ${MAX_PIXELS} pixels, got ${(cause as Error).message}`,
      'the file is damaged, too large or of an unusual kind; save it again, smaller',
      cause,
    );
  }
}
