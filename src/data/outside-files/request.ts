import type { Allocate } from '../dataset.js';
import { dataError } from '../fail.js';

/** Most images of one set: they are held in memory. */
const OUTSIDE_LIMIT = 100_000;

export interface OutsideRequest {
  /** The first images only. */
  readonly limit?: number | undefined;
  /** Gives the memory for the images. */
  readonly allocate: Allocate;
  readonly signal?: AbortSignal | undefined;
}

/** How many of a file's images are read. @throws BayescnnError 'data' for none, or for more than OUTSIDE_LIMIT */
export function imagesToRead(file: string, found: number, { limit }: OutsideRequest): number {
  const wanted = Math.min(found, limit ?? found);
  if (wanted > 0 && wanted <= OUTSIDE_LIMIT) return wanted;
  throw dataError(
    `out of distribution: ${file} must have 1 to ${OUTSIDE_LIMIT} images, got ${found}`,
    found === 0 ? 'name another file' : 'use its first ones: --subset 10000',
  );
}
