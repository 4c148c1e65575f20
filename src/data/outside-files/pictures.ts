import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { IMAGE_BYTES } from '../dataset.js';
import { checkAbort, dataError, fileError } from '../fail.js';
import { readPicture } from '../pictures/read.js';
import { imagesToRead, type OutsideRequest } from './request.js';

/** Reads the PNG and JPEG files below a folder, in the order of their paths. @returns [n * 3072] planar bytes */
export async function readPictures(folder: string, request: OutsideRequest): Promise<Uint8Array> {
  const files = await picturesBelow(folder);
  if (files.length === 0)
    throw dataError(
      `out of distribution: ${folder} must have pictures, got none that ends in .png, .jpg or .jpeg`,
      'name a folder of PNG or JPEG files',
    );
  const count = imagesToRead(folder, files.length, request);
  const images = request.allocate(count * IMAGE_BYTES);
  for (const [i, file] of files.slice(0, count).entries()) {
    checkAbort(request.signal);
    images.set((await readPicture(file)).image, i * IMAGE_BYTES);
  }
  return images;
}

async function picturesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /^[^.].*\.(png|jpe?g)$/i.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    throw fileError('out of distribution', folder, error);
  }
}
