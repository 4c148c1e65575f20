import { IMAGE_BYTES } from './dataset.js';

const PLANE = IMAGE_BYTES / 3;

/**
 * Images whose pixels stand red, green, blue, as planes.
 * @param pixels [n * 3072], row-major, channels last
 * @param out [>= n * 3072], planar
 */
export function toPlanar(pixels: Uint8Array, out: Uint8Array): void {
  for (let at = 0; at < pixels.length; at += IMAGE_BYTES)
    for (let i = 0; i < IMAGE_BYTES; i++) out[at + (i % 3) * PLANE + Math.floor(i / 3)] = pixels[at + i];
}
