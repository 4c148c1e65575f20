import { permutation, Stream, streamKey } from '../rng.js';
import { IMAGE_BYTES } from './dataset.js';

const PLANE = IMAGE_BYTES / 3;

/** Writes one image [3072] of no class; `clean` is the test image in its place. */
type Maker = (out: Uint8Array, stream: Stream, clean: Uint8Array, index: number) => void;

const KEY = 'outside';

/**
 * Sets of images out of distribution that need no download: of noise, and of test images that lost what makes their
 * class. Named by what is drawn.
 */
const SETS = {
  /** Each byte uniform on 0 .. 255. */
  'uniform-noise': (out, stream) => {
    for (let i = 0; i < out.length; i++) out[i] = stream.below(256);
  },
  /** Each byte N(127.5, 64^2), rounded and clipped. */
  'gaussian-noise': (out, stream) => {
    for (let i = 0; i < out.length; i++)
      out[i] = Math.min(255, Math.max(0, Math.round(127.5 + 64 * stream.normal())));
  },
  /** One uniformly drawn colour an image. */
  constant: (out, stream) => {
    for (let plane = 0; plane < IMAGE_BYTES; plane += PLANE)
      out.fill(stream.below(256), plane, plane + PLANE);
  },
  /** The image's pixels in another order, a new one an image: its colours without its shapes. */
  'shuffled-pixels': (out, _, clean, index) => {
    const order = permutation(PLANE, streamKey(0, `${KEY}/order`), index);
    for (let i = 0; i < IMAGE_BYTES; i++) out[i] = clean[i - (i % PLANE) + order[i % PLANE]];
  },
  /** Squares of 8 x 8 pixels in another order, a new one an image: its texture without its shapes. */
  'shuffled-patches': (out, _, clean, index) => {
    const order = permutation(16, streamKey(0, `${KEY}/patches`), index);
    for (let i = 0; i < IMAGE_BYTES; i++) {
      const [row, column] = [(i % PLANE) >> 5, i & 31];
      const from = order[(row >> 3) * 4 + (column >> 3)];
      out[i] = clean[i - (i % PLANE) + ((from >> 2) * 8 + (row & 7)) * 32 + (from & 3) * 8 + (column & 7)];
    }
  },
  /** The negative: 255 - byte. */
  inverted: (out, _, clean) => {
    for (let i = 0; i < IMAGE_BYTES; i++) out[i] = 255 - clean[i];
  },
} as const satisfies Record<string, Maker>;

export type OutsideSet = keyof typeof SETS;

/** Names of the generated sets. */
export const OUTSIDE_SETS = Object.keys(SETS) as OutsideSet[];

/**
 * Draws as many images out of distribution as `indices` has. Each depends on (set, its index) and the image there.
 * @param out [n * 3072]
 */
export function outsideImages(
  set: OutsideSet,
  images: Uint8Array,
  indices: Int32Array,
  out: Uint8Array,
): void {
  const key = streamKey(0, `${KEY}/${set}`);
  const make: Maker = SETS[set];
  for (const [i, index] of indices.entries()) {
    const clean = images.subarray(index * IMAGE_BYTES, (index + 1) * IMAGE_BYTES);
    make(out.subarray(i * IMAGE_BYTES, (i + 1) * IMAGE_BYTES), new Stream(key, index), clean, index);
  }
}
