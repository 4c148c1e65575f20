import { constant } from './constants';

/*
 * Box and Muller (1958) on pairs of random words, four pairs a vector: r cos a and r sin a with r = sqrt(-2 ln u).
 *
 * The first word's high 23 bits k are u = (k + 1/2) / 2^23. The second word is the angle: bits 30 to 0 as a signed
 * number s are pi s / 2^31, from -pi/2 to pi/2, and bit 31 turns by half a circle, which is a sign. So neither function
 * leaves the range of its polynomial. The polynomials are minimax: ln(1 + m) / m to a relative 1.7e-7, the cosine to
 * 6e-8, the sine to 5e-9.
 *
 * Each of three short loops runs over the whole chunk, because one long chain of operations fills the processor's queues
 * before its next round can start. Their constants are loaded before them: behind a store they would be loaded again.
 */

/**
 * Words to normals, in place: from `at` to `end` a vector of first words and one of second words in turn become r cos a and
 * r sin a. `extra` is room for as much.
 */
export function boxMuller(at: usize, end: usize, extra: usize): void {
  reduce(at, end, extra);
  logarithms(at, end, extra);
  polar(at, end, extra);
}

/**
 * Words to arguments: u = (1 + m) 2^e, m from sqrt(1/2) - 1 to sqrt(2) - 1. Leaves m and the angle without its turn in
 * place of the words, and e 2^23 and the second word in `extra`.
 */
function reduce(at: usize, end: usize, extra: usize): void {
  const one = constant(12 /* 1.0 */);
  const below = constant(98 /* 1 - 2^-24 */);
  const root = constant(99 /* the bits of sqrt(1/2) */);
  const exponent = constant(100 /* 0xff800000 */);
  const turn = constant(101 /* pi 2^-32 */);
  for (; at < end; at += 32) {
    const mantissa = v128.or(i32x4.shr_u(v128.load(at), 9), one);
    const u = f32x4.sub(mantissa, below);
    const e = v128.and(i32x4.sub(u, root), exponent);
    const word = v128.load(at, 16);
    v128.store(at, f32x4.sub(i32x4.sub(u, e), one));
    v128.store(extra, f32x4.convert_i32x4_s(e));
    v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(word, 1)), turn), 16);
    v128.store(extra, word, 16);
    extra += 32;
  }
}

/** m to the radius squared: -2 ln u = -2 ln(1 + m) - 2 e ln 2. */
function logarithms(at: usize, end: usize, extra: usize): void {
  const k0 = constant(103 /* -2 */);
  const k1 = constant(104 /* 1 */);
  const k2 = constant(105 /* -2/3 */);
  const k3 = constant(106 /* 1/2 */);
  const k4 = constant(107 /* -2/5 */);
  const k5 = constant(108 /* 1/3 */);
  const k6 = constant(109 /* -2/7 */);
  const k7 = constant(110 /* 1/4 */);
  const whole = constant(111 /* -2^-22 ln 2 */);
  for (; at < end; at += 32) {
    const m = v128.load(at);
    const e = v128.load(extra);
    const z = f32x4.mul(m, m);
    const p0 = f32x4.add(k0, f32x4.mul(k1, m));
    const p2 = f32x4.add(k2, f32x4.mul(k3, m));
    const p4 = f32x4.add(k4, f32x4.mul(k5, m));
    const p6 = f32x4.add(k6, f32x4.mul(k7, m));
    const low = f32x4.add(p0, f32x4.mul(p2, z));
    const high = f32x4.add(p4, f32x4.mul(p6, z));
    const p = f32x4.add(low, f32x4.mul(high, f32x4.mul(z, z)));
    v128.store(at, f32x4.add(f32x4.mul(p, m), f32x4.mul(e, whole)));
    extra += 32;
  }
}

/** The radius, with the sign of the second word's turn, times the cosine and the sine. */
function polar(at: usize, end: usize, extra: usize): void {
  const one = constant(12 /* 1.0 */);
  const sign = constant(102 /* 0x80000000 */);
  const s0 = constant(112 /* -1/6 */);
  const s1 = constant(113 /* 1/120 */);
  const s2 = constant(114 /* -1/5040 */);
  const s3 = constant(115 /* 1/362880 */);
  const c0 = constant(116 /* -1/2 */);
  const c1 = constant(117 /* 1/24 */);
  const c2 = constant(118 /* -1/720 */);
  const c3 = constant(119 /* 1/40320 */);
  for (; at < end; at += 32) {
    const r = v128.xor(f32x4.sqrt(v128.load(at)), v128.and(v128.load(extra, 16), sign));
    const x = v128.load(at, 16);
    const z = f32x4.mul(x, x);
    let c = f32x4.add(c2, f32x4.mul(c3, z));
    c = f32x4.add(c1, f32x4.mul(c, z));
    c = f32x4.add(c0, f32x4.mul(c, z));
    v128.store(at, f32x4.mul(r, f32x4.add(one, f32x4.mul(c, z))));
    let s = f32x4.add(s2, f32x4.mul(s3, z));
    s = f32x4.add(s1, f32x4.mul(s, z));
    s = f32x4.add(s0, f32x4.mul(s, z));
    v128.store(at, f32x4.mul(f32x4.mul(r, x), f32x4.add(one, f32x4.mul(s, z))), 16);
    extra += 32;
  }
}
