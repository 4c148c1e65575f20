import { constant } from './constants';

/*
 * Box and Muller (1958) on pairs of random words, four pairs a vector: r cos a and r sin a with r = sqrt(-2 ln u).
 *
 * The first word's high 23 bits k are u = (k + 1/2) / 2^23. The second word is the angle: bits 30 to 0 as a signed
 * number s are pi s / 2^31, from -pi/2 to pi/2, and bit 31 turns by half a circle, which is a sign. So neither function
 * leaves the range of its polynomial. The polynomials are minimax; a normal is within 5e-7 of the exact one, or of 5e-7
 * times it.
 */

/** u of the first word. */
// @ts-ignore: decorator
@inline
export function uniform(word: v128): v128 {
  const mantissa = v128.or(i32x4.shr_u(word, 9), constant(12 /* 1.0 */));
  return f32x4.sub(mantissa, constant(98 /* 1 - 2^-24 */));
}

/** The exponent of u = (1 + m) 2^e, m from sqrt(1/2) - 1 to sqrt(2) - 1: the integer e 2^23. */
// @ts-ignore: decorator
@inline
export function exponent(u: v128): v128 {
  return v128.and(i32x4.sub(u, constant(99 /* the bits of sqrt(1/2) */)), constant(100 /* 0xff800000 */));
}

/** m of the same. */
// @ts-ignore: decorator
@inline
export function fraction(u: v128, e: v128): v128 {
  return f32x4.sub(i32x4.sub(u, e), constant(12 /* 1.0 */));
}

/** -2 ln u = -2 ln(1 + m) - 2 e ln 2, the former to a relative 1.7e-7; e times 2^23, as a float. */
// @ts-ignore: decorator
@inline
export function radiusSquared(m: v128, e: v128): v128 {
  const z = f32x4.mul(m, m);
  const p0 = f32x4.add(constant(103 /* -2 */), f32x4.mul(constant(104 /* 1 */), m));
  const p2 = f32x4.add(constant(105 /* -2/3 */), f32x4.mul(constant(106 /* 1/2 */), m));
  const p4 = f32x4.add(constant(107 /* -2/5 */), f32x4.mul(constant(108 /* 1/3 */), m));
  const p6 = f32x4.add(constant(109 /* -2/7 */), f32x4.mul(constant(110 /* 1/4 */), m));
  const low = f32x4.add(p0, f32x4.mul(p2, z));
  const high = f32x4.add(p4, f32x4.mul(p6, z));
  const p = f32x4.add(low, f32x4.mul(high, f32x4.mul(z, z)));
  return f32x4.add(f32x4.mul(p, m), f32x4.mul(e, constant(111 /* -2^-22 ln 2 */)));
}

/** The second word's angle without its turn. */
// @ts-ignore: decorator
@inline
export function angle(word: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(word, 1)), constant(101 /* pi 2^-32 */));
}

/** r with the sign of the second word's turn. */
// @ts-ignore: decorator
@inline
export function signedRadius(squared: v128, word: v128): v128 {
  return v128.xor(f32x4.sqrt(squared), v128.and(word, constant(102 /* 0x80000000 */)));
}

/** r cos x, z = x^2: the cosine to 6e-8. */
// @ts-ignore: decorator
@inline
export function cosine(r: v128, z: v128): v128 {
  let c = f32x4.add(constant(118), f32x4.mul(constant(119), z));
  c = f32x4.add(constant(117), f32x4.mul(c, z));
  c = f32x4.add(constant(116 /* -1/2 */), f32x4.mul(c, z));
  return f32x4.mul(r, f32x4.add(constant(12 /* 1.0 */), f32x4.mul(c, z)));
}

/** r sin x, z = x^2: the sine to 5e-9. */
// @ts-ignore: decorator
@inline
export function sine(r: v128, x: v128, z: v128): v128 {
  let s = f32x4.add(constant(114), f32x4.mul(constant(115), z));
  s = f32x4.add(constant(113), f32x4.mul(s, z));
  s = f32x4.add(constant(112 /* -1/6 */), f32x4.mul(s, z));
  return f32x4.mul(f32x4.mul(r, x), f32x4.add(constant(12 /* 1.0 */), f32x4.mul(s, z)));
}
