import { constant } from './constants';
import { log4 } from './math';

/** Bytes of the key schedule that `prepareKeys` writes (320), and of one block of draws behind it. */
export const KEY_BYTES: usize = 384;


/** Writes Philox4x32-10's ten round keys, each word repeated over a vector. */
export function prepareKeys(to: usize, key0: i32, key1: i32): void {
  for (let round = 0; round < 10; round++) {
    v128.store(to, i32x4.splat(key0));
    v128.store(to, i32x4.splat(key1), 16);
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
    to += 32;
  }
}

/**
 * Sixteen standard normals: four Philox4x32-10 blocks with counters [4 * group + lane, image, step, sample],
 * Box-Muller on words (0, 1) and (2, 3). Normal j of the block in lane l is element 4 j + l.
 */
// @ts-ignore: decorator
@inline
export function normals16(to: usize, keys: usize, group: i32, image: i32, step: i32, sample: i32): void {
  let c0 = i32x4.add(i32x4.splat(group << 2), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(image);
  let c2 = i32x4.splat(step);
  let c3 = i32x4.splat(sample);
  const m0 = constant(39 /* 0xd2511f53 */);
  const m1 = constant(40 /* 0xcd9e8d57 */);
  for (let round = 0; round < 10; round++) {
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
  boxMuller(to, c0, c1);
  boxMuller(to + 32, c2, c3);
}

/** Stores r cos(2 pi v) and r sin(2 pi v), r = sqrt(-2 ln u), for the uniforms of two words. */
// @ts-ignore: decorator
@inline
function boxMuller(to: usize, word0: v128, word1: v128): void {
  const half = constant(23 /* 0.5 */);
  const u = f32x4.mul(f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(word0, 9)), half), constant(29 /* 1.1920928955078125e-7 */));
  const v = f32x4.mul(f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(word1, 9)), half), constant(29 /* 1.1920928955078125e-7 */));
  const radius = f32x4.sqrt(f32x4.mul(constant(30 /* -2.0 */), log4(u)));
  // Angle = (pi / 2) (quadrant + f) with f in [-1/2, 1/2].
  const turns = f32x4.mul(v, constant(31 /* 4.0 */));
  const quadrant = f32x4.add(turns, constant(3 /* 12582912 */));
  const nearest = f32x4.sub(quadrant, constant(3 /* 12582912 */));
  const x = f32x4.mul(f32x4.sub(turns, nearest), constant(32 /* 1.57079632679489662 */));
  const z = f32x4.mul(x, x);
  let s = constant(33 /* -1.9515295891e-4 */);
  s = f32x4.add(f32x4.mul(s, z), constant(34 /* 8.3321608736e-3 */));
  s = f32x4.add(f32x4.mul(s, z), constant(35 /* -1.6666654611e-1 */));
  s = f32x4.add(f32x4.mul(f32x4.mul(s, z), x), x);
  let c = constant(36 /* 2.443315711809948e-5 */);
  c = f32x4.add(f32x4.mul(c, z), constant(37 /* -1.388731625493765e-3 */));
  c = f32x4.add(f32x4.mul(c, z), constant(38 /* 4.166664568298827e-2 */));
  c = f32x4.add(f32x4.sub(f32x4.mul(f32x4.mul(c, z), z), f32x4.mul(half, z)), constant(12 /* 1.0 */));
  const odd = i32x4.eq(v128.and(quadrant, constant(41 /* 1 */)), constant(41 /* 1 */));
  const cosine = v128.bitselect(s, c, odd);
  const sine = v128.bitselect(c, s, odd);
  const cosineSign = i32x4.shl(v128.and(i32x4.add(quadrant, constant(41 /* 1 */)), constant(42 /* 2 */)), 30);
  const sineSign = i32x4.shl(v128.and(quadrant, constant(42 /* 2 */)), 30);
  v128.store(to, f32x4.mul(radius, v128.xor(cosine, cosineSign)));
  v128.store(to, f32x4.mul(radius, v128.xor(sine, sineSign)), 16);
}
