import { constant } from './constants';
/**
 * Elementary functions on four floats. Polynomials after Cephes (S. Moshier, expf.c, logf.c, sinf.c),
 * relative error below 2e-7 on the ranges used. pmax and pmin are one instruction each; max and min are seven.
 * Evaluated in pairs (Estrin): the kernels wait for the longest chain, not for the count of operations.
 */

/** e^x; 0 below -87.3, saturates above 88. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.pmax(x, constant(0 /* -87.3 */)), constant(1 /* 88.0 */));
  // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits: cheaper than two conversions.
  const shifted = f32x4.add(
    f32x4.mul(clamped, constant(2 /* 1.44269504088896341 */)),
    constant(3 /* 12582912 */),
  );
  const n = f32x4.sub(shifted, constant(3 /* 12582912 */));
  let r = f32x4.sub(clamped, f32x4.mul(n, constant(4 /* 0.693359375 */)));
  r = f32x4.sub(r, f32x4.mul(n, constant(5 /* -2.12194440e-4 */)));
  const r2 = f32x4.mul(r, r);
  const low = f32x4.add(f32x4.mul(constant(10 /* 1.6666665459e-1 */), r), constant(11 /* 5.0000001201e-1 */));
  const middle = f32x4.add(f32x4.mul(constant(8 /* 8.3334519073e-3 */), r), constant(9 /* 4.1665795894e-2 */));
  const high = f32x4.add(f32x4.mul(constant(6 /* 1.9875691500e-4 */), r), constant(7 /* 1.3981999507e-3 */));
  let p = f32x4.add(f32x4.add(low, f32x4.mul(middle, r2)), f32x4.mul(high, f32x4.mul(r2, r2)));
  p = f32x4.add(f32x4.add(f32x4.mul(p, r2), r), constant(12 /* 1.0 */));
  const scale = i32x4.shl(i32x4.add(shifted, constant(25 /* 127 */)), 23);
  const value = f32x4.mul(p, scale);
  return v128.and(value, f32x4.ge(x, constant(0 /* -87.3 */)));
}

/** ln x for normal x > 0. */
export function log4(x: v128): v128 {
  const bits = x;
  let e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(bits, 23), constant(26 /* 126 */)));
  let m = v128.or(v128.and(bits, constant(27 /* 0x007fffff */)), constant(28 /* 0x3f000000 */));
  const small = f32x4.lt(m, constant(13 /* 0.707106781186547524 */));
  e = f32x4.sub(e, v128.and(small, constant(12 /* 1.0 */)));
  m = f32x4.sub(f32x4.add(m, v128.and(small, m)), constant(12 /* 1.0 */));
  const z = f32x4.mul(m, m);
  const z2 = f32x4.mul(z, z);
  const p0 = f32x4.add(f32x4.mul(constant(21 /* -2.4999993993e-1 */), m), constant(22 /* 3.3333331174e-1 */));
  const p2 = f32x4.add(f32x4.mul(constant(19 /* -1.6668057665e-1 */), m), constant(20 /* 2.0000714765e-1 */));
  const p4 = f32x4.add(f32x4.mul(constant(17 /* -1.2420140846e-1 */), m), constant(18 /* 1.4249322787e-1 */));
  const p6 = f32x4.add(f32x4.mul(constant(15 /* -1.1514610310e-1 */), m), constant(16 /* 1.1676998740e-1 */));
  const low = f32x4.add(p0, f32x4.mul(p2, z));
  const high = f32x4.add(p4, f32x4.mul(p6, z));
  const top = f32x4.mul(f32x4.mul(z2, z2), constant(14 /* 7.0376836292e-2 */));
  const p = f32x4.add(f32x4.add(low, f32x4.mul(high, z2)), top);
  let y = f32x4.mul(f32x4.mul(m, z), p);
  y = f32x4.add(y, f32x4.mul(e, constant(5 /* -2.12194440e-4 */)));
  y = f32x4.sub(y, f32x4.mul(z, constant(23 /* 0.5 */)));
  return f32x4.add(f32x4.add(m, y), f32x4.mul(e, constant(4 /* 0.693359375 */)));
}

/** ln(1 + x) for x in [0, 1]; exact to rounding as x goes to 0. */
export function log1p4(x: v128): v128 {
  // Kahan: ln(u) x / (u - 1) with u = fl(1 + x) cancels the rounding of the sum.
  const u = f32x4.add(constant(12 /* 1.0 */), x);
  const d = f32x4.sub(u, constant(12 /* 1.0 */));
  const tiny = f32x4.eq(d, constant(24 /* 0.0 */));
  const ratio = f32x4.div(x, v128.bitselect(constant(12 /* 1.0 */), d, tiny));
  return v128.bitselect(x, f32x4.mul(log4(u), ratio), tiny);
}

/** ln(1 + x) / x for x in [0, 0.13], by its series. */
// @ts-ignore: decorator
@inline
export function log1pRatio4(x: v128): v128 {
  const x2 = f32x4.mul(x, x);
  const x4 = f32x4.mul(x2, x2);
  const p0 = f32x4.add(constant(12 /* 1.0 */), f32x4.mul(x, constant(55 /* -1/2 */)));
  const p2 = f32x4.add(constant(49 /* 1/3 */), f32x4.mul(x, constant(50 /* -1/4 */)));
  const p4 = f32x4.add(constant(51 /* 1/5 */), f32x4.mul(x, constant(52 /* -1/6 */)));
  const p6 = f32x4.add(constant(53 /* 1/7 */), f32x4.mul(x, constant(54 /* -1/8 */)));
  return f32x4.add(f32x4.add(p0, f32x4.mul(p2, x2)), f32x4.mul(f32x4.add(p4, f32x4.mul(p6, x2)), x4));
}

/** ln(ln(1 + x) / x) for x in [0, 0.13], by its series: the Adams-Bashforth numbers over their index. */
// @ts-ignore: decorator
@inline
export function logLog1pRatio4(x: v128): v128 {
  const x2 = f32x4.mul(x, x);
  const p0 = f32x4.add(constant(55 /* -1/2 */), f32x4.mul(x, constant(56 /* 5/24 */)));
  const p2 = f32x4.add(constant(54 /* -1/8 */), f32x4.mul(x, constant(57 /* 251/2880 */)));
  const p4 = f32x4.add(constant(58 /* -19/288 */), f32x4.mul(x, constant(59 /* 19087/362880 */)));
  return f32x4.mul(x, f32x4.add(f32x4.add(p0, f32x4.mul(p2, x2)), f32x4.mul(p4, f32x4.mul(x2, x2))));
}
