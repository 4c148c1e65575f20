import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { isNpy } from '../arrays/npy-header.js';
import { hashFile } from '../cache/identity.js';
import { IMAGE_BYTES } from '../dataset.js';
import { dataError, fileError } from '../fail.js';
import { isJpeg } from '../pictures/jpeg.js';
import { isPng } from '../pictures/png.js';
import { readCifar100 } from './cifar100.js';
import { isMatlab, readMatlabImages } from './matlab.js';
import { readNpyImages } from './npy.js';
import { readPictures } from './pictures.js';
import type { OutsideRequest } from './request.js';

/** Images of another data set. */
export interface OutsideImages {
  /** `cifar-100`, `svhn` (its test_32x32.mat), or the file's name without its ending. */
  readonly set: string;
  readonly file: string;
  /** sha256 of the file, hex; null for a folder. */
  readonly sha256: string | null;
  /** [n * 3072] planar bytes. */
  readonly images: Uint8Array;
  readonly n: number;
}

/**
 * Reads a file or folder of images, told apart by its first bytes: SVHN's .mat, CIFAR-100's binary archive, a .npy
 * array, or a folder of pictures.
 * @throws BayescnnError 'data' when it cannot be read, is none of them, is damaged or too large
 */
export async function readOutsideFile(file: string, request: OutsideRequest): Promise<OutsideImages> {
  const start = await startOf(file);
  const images = await imagesOf(file, start, request);
  const sha256 = start === undefined ? null : (await hashFile(file, request.signal)).sha256;
  return { set: nameOf(file, start), file, sha256, images, n: images.length / IMAGE_BYTES };
}

const isGzip = (start: Buffer): boolean => start[0] === 0x1f && start[1] === 0x8b;

function imagesOf(file: string, start: Buffer | undefined, request: OutsideRequest): Promise<Uint8Array> {
  if (start === undefined) return readPictures(file, request);
  if (isNpy(start)) return readNpyImages(file, request);
  if (isMatlab(start)) return readMatlabImages(file, request);
  if (isGzip(start)) return readCifar100(file, request);
  const got = whatIs(start);
  throw dataError(
    `out of distribution: ${file} must be a MATLAB 5 file, a .tar.gz, a .npy file or a folder of pictures, got ${got}`,
    got === 'a picture' ? 'name the folder that it lies in' : 'save the images as .npy, uint8 [n, 32, 32, 3]',
  );
}

function whatIs(start: Buffer): string {
  if (start.length === 0) return 'an empty file';
  if (isPng(start) || isJpeg(start)) return 'a picture';
  if (start.toString('latin1', 0, 10) === 'MATLAB 7.3') return 'a MATLAB 7.3 (HDF5) file';
  return `a file that begins with ${start.toString('hex', 0, 4)}`;
}

function nameOf(file: string, start: Buffer | undefined): string {
  if (start && isGzip(start)) return 'cifar-100';
  const name = path.basename(path.resolve(file));
  if (start && isMatlab(start) && name === 'test_32x32.mat') return 'svhn';
  return name.replace(/(?<=.)\.[^.]*$/, '');
}

/** The file's first bytes; undefined for a folder. */
async function startOf(file: string): Promise<Buffer | undefined> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) return undefined;
    // A pipe would wait for its writer.
    if (!found.isFile())
      throw dataError(
        `out of distribution: ${file} must be a file, got a pipe or device`,
        'name the file itself',
      );
    const handle = await open(file, 'r');
    try {
      const start = Buffer.alloc(16);
      const { bytesRead } = await handle.read(start, 0, start.length, 0);
      return start.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError('out of distribution', file, error);
  }
}
