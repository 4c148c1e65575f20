import { readBounded, TooLong } from '../../bounded-read.js';
import { IMAGE_SHAPE } from '../dataset.js';
import { dataError, fileError } from '../fail.js';
import { decodeJpeg, isJpeg } from './jpeg.js';
import { decodePng, isPng } from './png.js';
import { RESIZE, toImage } from './resize.js';

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** A picture file as an image of the data set. */
export interface ReadPicture {
  readonly file: string;
  /** Of the picture as stored, pixels. */
  readonly width: number;
  readonly height: number;
  /** How it became 32 x 32; null: it was. */
  readonly resized: string | null;
  /** [3072] bytes, planar. */
  readonly image: Uint8Array;
}

/**
 * Reads a PNG or a JPEG, told apart by their first bytes.
 * @throws BayescnnError 'data' when it cannot be read, is neither, is damaged or too large
 */
export async function readPicture(file: string): Promise<ReadPicture> {
  const picture = decode(await bytesOf(file), file);
  const { width, height } = picture;
  const same = width === IMAGE_SHAPE.width && height === IMAGE_SHAPE.height;
  return { file, width, height, resized: same ? null : RESIZE, image: toImage(picture) };
}

function decode(bytes: Buffer, file: string) {
  if (isPng(bytes)) return decodePng(bytes, file);
  if (isJpeg(bytes)) return decodeJpeg(bytes, file);
  const got = bytes.length === 0 ? 'an empty file' : `a file that begins with ${bytes.toString('hex', 0, 4)}`;
  throw dataError(`image: ${file} must be a PNG or a JPEG, got ${got}`, 'convert it to PNG');
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readBounded(file, MAX_FILE_BYTES);
  } catch (error) {
    if (!(error instanceof TooLong)) throw fileError('image', file, error);
    throw dataError(
      `image: ${file} must have at most ${MAX_FILE_BYTES} bytes, got ${error.message}`,
      'make it smaller',
    );
  }
}
