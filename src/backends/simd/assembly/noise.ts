import { boxMuller } from './box-muller';
import { constant } from './constants';
import { ROUNDS } from './philox';

/** Bytes of the key schedule that `prepareKeys` writes (224, and room to the next block). */
export const KEY_BYTES: usize = 256;
/** Bytes of what `normals16` writes: the draws, and room to work. */
export const DRAW_BYTES: usize = 128;

/** Images that share a draw, at most (SHARED_IMAGES of kernels/Inference.ts). */
export const SHARED_IMAGES: i32 = 8;

/** How many of an image's lowest bits its noise does not see. */
// @ts-ignore: decorator
@inline
export function sharedBits(clock: usize): i32 {
  return load<i32>(clock, 12) & 3;
}

/** What names the noise of image `image` of the batch in Philox's counter. */
// @ts-ignore: decorator
@inline
export function drawNumber(clock: usize, image: i32): i32 {
  return (load<i32>(clock, 8) + image) >> sharedBits(clock);
}

/** Writes Philox's round keys, each word repeated over a vector. */
export function prepareKeys(to: usize, key0: i32, key1: i32): void {
  for (let round = 0; round < ROUNDS; round++) {
    v128.store(to, i32x4.splat(key0));
    v128.store(to, i32x4.splat(key1), 16);
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
    to += 32;
  }
}

/** Sixteen standard normals: Box-Muller on the words (0, 1) and (2, 3) of `words16`. */
// @ts-ignore: decorator
@inline
export function normals16(to: usize, keys: usize, group: i32, image: i32, step: i32, sample: i32): void {
  words16(to, keys, group, image, step, sample);
  boxMuller(to, to + 64, to + 64);
}

/**
 * Sixteen random words: four Philox4x32-7 blocks with counters [4 * group + lane, image, step, sample]. Word j of the
 * block in lane l is element 4 j + l.
 */
// @ts-ignore: decorator
@inline
export function words16(to: usize, keys: usize, group: i32, image: i32, step: i32, sample: i32): void {
  let c0 = i32x4.add(i32x4.splat(group << 2), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(image);
  let c2 = i32x4.splat(step);
  let c3 = i32x4.splat(sample);
  const m0 = constant(39 /* 0xd2511f53 */);
  const m1 = constant(40 /* 0xcd9e8d57 */);
  for (let round = 0; round < ROUNDS; round++) {
    const a = i64x2.extmul_low_i32x4_u(c0, m0);
    const b = i64x2.extmul_high_i32x4_u(c0, m0);
    const c = i64x2.extmul_low_i32x4_u(c2, m1);
    const d = i64x2.extmul_high_i32x4_u(c2, m1);
    const high0 = i32x4.shuffle(a, b, 1, 3, 5, 7);
    const low0 = i32x4.shuffle(a, b, 0, 2, 4, 6);
    const high1 = i32x4.shuffle(c, d, 1, 3, 5, 7);
    const low1 = i32x4.shuffle(c, d, 0, 2, 4, 6);
    c0 = v128.xor(v128.xor(high1, c1), v128.load(keys));
    c2 = v128.xor(v128.xor(high0, c3), v128.load(keys, 16));
    c1 = low1;
    c3 = low0;
    keys += 32;
  }
  v128.store(to, c0);
  v128.store(to, c1, 16);
  v128.store(to, c2, 32);
  v128.store(to, c3, 48);
}
