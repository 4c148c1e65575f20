import { constant } from './constants';
import { prepareKeys } from './noise';

/*
 * Rows of the noise that `normals16` of noise.ts defines, bit by bit, in bulk: 189 cycles a group of 16 normals there,
 * 113 here (Zen 4). What does not depend on the element is worked out once a row. Each of four short loops runs over a
 * whole chunk, because one long chain of operations fills the processor's queues before its next round can start.
 */

/** Groups of 16 normals that one call draws at most. */
export const CHUNK: i32 = 16;
/** Where a chunk's normals lie in the noise area, and the bytes of the area. */
export const DRAWS: usize = 384;
const EXTRA: usize = DRAWS + 1024;
export const NOISE_BYTES: usize = EXTRA + 1024;

/** What is the same for all elements of a row, behind the round keys. */
const FIRST: usize = 320;
const SECOND: usize = 336;
const SECOND_LOW: usize = 352;
const SECOND_HIGH: usize = 368;

/** Makes a noise area for a key (the layer's). */
export function prepareNoise(area: usize, key0: i32, key1: i32): void {
  prepareKeys(area, key0, key1);
}

/**
 * Sets the row: Philox's first two rounds as far as they see counter words 1 to 3 only. Word 0, the element, meets
 * one of round 1's products and one of round 2's.
 */
export function startRow(area: usize, image: i32, step: u32, sample: i32): void {
  const key0 = load<i32>(area);
  const key1 = load<i32>(area, 16);
  const product = <u64>step * <u64>0xcd9e8d57;
  const c0 = <i32>(product >> 32) ^ image ^ key0;
  const next = <u64><u32>c0 * <u64>0xd2511f53;
  v128.store(area, i32x4.splat(sample ^ key1), FIRST);
  v128.store(area, i32x4.splat(<i32>(next >> 32) ^ load<i32>(area, 48)), SECOND);
  v128.store(area, i32x4.splat(<i32>next), SECOND_LOW);
  v128.store(area, i32x4.splat(<i32>product ^ load<i32>(area, 32)), SECOND_HIGH);
}

/** The normals of `groups` (at most `CHUNK`) groups of 16 from `group` on, to area + DRAWS. */
export function drawChunk(area: usize, group: i32, groups: i32): void {
  const to = area + DRAWS;
  // Philox takes two groups at a time.
  const end = to + (<usize>((groups + 1) & ~1) << 6);
  philox(area, group, to, end);
  reduce(to, end, area + EXTRA);
  logarithms(to, end, area + EXTRA);
  polar(to, end, area + EXTRA);
}

/** High words of x m, lanes 0 2 1 3: a round's high words come out in the other order than they went in. */
// @ts-ignore: decorator
@inline
function high(x: v128, m: v128): v128 {
  const a = i64x2.extmul_low_i32x4_u(x, m);
  const b = i64x2.extmul_high_i32x4_u(x, m);
  return i16x8.shuffle(i64x2.shr_u(a, 32), b, 0, 1, 10, 11, 4, 5, 14, 15);
}

/**
 * Random words, two groups side by side. Words 0 and 2 come from high products, 1 and 3 from low ones of the round
 * before, which keep their order: so all four always agree where they meet, and after ten rounds the latter two are
 * put in order.
 */
function philox(area: usize, group: i32, to: usize, end: usize): void {
  const m0 = constant(39 /* 0xd2511f53 */);
  const m1 = constant(40 /* 0xcd9e8d57 */);
  const four = constant(97 /* 4 */);
  let n = i32x4.add(i32x4.splat(group << 2), constant(96 /* 0 1 2 3 */));
  const last = area + FIRST;
  for (; to < end; to += 128) {
    const first = v128.load(area, FIRST);
    const second = v128.load(area, SECOND);
    const secondHigh = v128.load(area, SECOND_HIGH);
    let a2 = v128.xor(high(n, m0), first);
    let a3 = v128.load(area, SECOND_LOW);
    let b3 = a3;
    let a0 = v128.xor(high(a2, m1), secondHigh);
    let a1 = i32x4.mul(a2, m1);
    a2 = v128.xor(i32x4.mul(n, m0), second);
    n = i32x4.add(n, four);
    let b2 = v128.xor(high(n, m0), first);
    let b0 = v128.xor(high(b2, m1), secondHigh);
    let b1 = i32x4.mul(b2, m1);
    b2 = v128.xor(i32x4.mul(n, m0), second);
    n = i32x4.add(n, four);
    for (let keys = area + 64; keys < last; keys += 32) {
      const k0 = v128.load(keys);
      const k1 = v128.load(keys, 16);
      const ax = v128.xor(a1, k0);
      const ay = v128.xor(a3, k1);
      a1 = i32x4.mul(a2, m1);
      a3 = i32x4.mul(a0, m0);
      const az = v128.xor(high(a2, m1), ax);
      a2 = v128.xor(high(a0, m0), ay);
      a0 = az;
      const bx = v128.xor(b1, k0);
      const by = v128.xor(b3, k1);
      b1 = i32x4.mul(b2, m1);
      b3 = i32x4.mul(b0, m0);
      const bz = v128.xor(high(b2, m1), bx);
      b2 = v128.xor(high(b0, m0), by);
      b0 = bz;
    }
    v128.store(to, a0);
    v128.store(to, i32x4.shuffle(a1, a1, 0, 2, 1, 3), 16);
    v128.store(to, a2, 32);
    v128.store(to, i32x4.shuffle(a3, a3, 0, 2, 1, 3), 48);
    v128.store(to, b0, 64);
    v128.store(to, i32x4.shuffle(b1, b1, 0, 2, 1, 3), 80);
    v128.store(to, b2, 96);
    v128.store(to, i32x4.shuffle(b3, b3, 0, 2, 1, 3), 112);
  }
}

/**
 * Pairs of words to the arguments of Box-Muller's functions. Word 0 is u = (k + 1/2) / 2^23 with k its high 23 bits:
 * u = (m + 1) 2^e, m from sqrt(1/2) - 1 to sqrt(2) - 1. Word 1 likewise is v, and 4 v = quadrant + f, f from -1/2 to 1/2.
 * Leaves m and (pi / 2) f in place of the words, and e 2^23 and the quadrant (in the top bits) in `extra`.
 */
function reduce(at: usize, end: usize, extra: usize): void {
  const one = constant(12 /* 1.0 */);
  const below = constant(98 /* 1 - 2^-24 */);
  const root = constant(99 /* the bits of sqrt(1/2) */);
  const exponent = constant(100 /* 0xff800000 */);
  const odd = constant(41 /* 1 */);
  const angle = constant(101 /* (pi / 2) 2^-32 */);
  const eighth = constant(102 /* 0x20000000 */);
  for (; at < end; at += 32) {
    const mantissa = v128.or(i32x4.shr_u(v128.load(at), 9), one);
    const u = f32x4.sub(mantissa, below);
    const e = v128.and(i32x4.sub(u, root), exponent);
    const w = v128.load(at, 16);
    const f = f32x4.convert_i32x4_s(i32x4.shl(v128.or(i32x4.shr_u(w, 8), odd), 10));
    v128.store(at, f32x4.sub(i32x4.sub(u, e), one));
    v128.store(extra, f32x4.convert_i32x4_s(e));
    v128.store(at, f32x4.mul(f, angle), 16);
    v128.store(extra, i32x4.add(w, eighth), 16);
    extra += 32;
  }
}

/** -2 ln u: `log4`'s polynomial, its coefficients times -2 (which is exact). */
function logarithms(at: usize, end: usize, extra: usize): void {
  const k0 = constant(103 /* -2 times -2.4999993993e-1 */);
  const k1 = constant(104 /* -2 times 3.3333331174e-1 */);
  const k2 = constant(105 /* -2 times -1.6668057665e-1 */);
  const k3 = constant(106 /* -2 times 2.0000714765e-1 */);
  const k4 = constant(107 /* -2 times -1.2420140846e-1 */);
  const k5 = constant(108 /* -2 times 1.4249322787e-1 */);
  const k6 = constant(109 /* -2 times -1.1514610310e-1 */);
  const k7 = constant(110 /* -2 times 1.1676998740e-1 */);
  const k8 = constant(111 /* -2 times 7.0376836292e-2 */);
  const low = constant(112 /* -2^-22 times -2.12194440e-4 */);
  const whole = constant(113 /* -2^-22 times 0.693359375 */);
  for (; at < end; at += 32) {
    const m = v128.load(at);
    const e = v128.load(extra);
    const z = f32x4.mul(m, m);
    const z2 = f32x4.mul(z, z);
    const p0 = f32x4.add(f32x4.mul(k0, m), k1);
    const p2 = f32x4.add(f32x4.mul(k2, m), k3);
    const p4 = f32x4.add(f32x4.mul(k4, m), k5);
    const p6 = f32x4.add(f32x4.mul(k6, m), k7);
    const first = f32x4.add(p0, f32x4.mul(p2, z));
    const second = f32x4.add(p4, f32x4.mul(p6, z));
    const top = f32x4.mul(f32x4.mul(z2, z2), k8);
    const p = f32x4.add(f32x4.add(first, f32x4.mul(second, z2)), top);
    let y = f32x4.add(f32x4.mul(f32x4.mul(m, z), p), f32x4.mul(e, low));
    y = f32x4.sub(f32x4.add(y, z), f32x4.add(m, m));
    v128.store(at, f32x4.add(y, f32x4.mul(e, whole)));
    extra += 32;
  }
}

/** sqrt(-2 ln u) times the cosine and the sine of 2 pi v. */
function polar(at: usize, end: usize, extra: usize): void {
  const one = constant(12 /* 1.0 */);
  const half = constant(23 /* 0.5 */);
  const sign = constant(114 /* 0x80000000 */);
  const s0 = constant(33 /* -1.9515295891e-4 */);
  const s1 = constant(34 /* 8.3321608736e-3 */);
  const s2 = constant(35 /* -1.6666654611e-1 */);
  const c0 = constant(36 /* 2.443315711809948e-5 */);
  const c1 = constant(37 /* -1.388731625493765e-3 */);
  const c2 = constant(38 /* 4.166664568298827e-2 */);
  for (; at < end; at += 32) {
    const radius = f32x4.sqrt(v128.load(at));
    const x = v128.load(at, 16);
    const quadrant = v128.load(extra, 16);
    const z = f32x4.mul(x, x);
    let s = f32x4.add(f32x4.mul(s0, z), s1);
    let c = f32x4.add(f32x4.mul(c0, z), c1);
    s = f32x4.add(f32x4.mul(s, z), s2);
    c = f32x4.add(f32x4.mul(c, z), c2);
    s = f32x4.add(f32x4.mul(f32x4.mul(s, z), x), x);
    c = f32x4.add(f32x4.sub(f32x4.mul(f32x4.mul(c, z), z), f32x4.mul(half, z)), one);
    // Odd quadrants swap the two; the signs are those of the quadrant's bits.
    const next = i32x4.shl(quadrant, 1);
    const swap = v128.and(v128.xor(s, c), i32x4.shr_s(next, 31));
    const cosine = v128.xor(v128.xor(c, swap), v128.and(v128.xor(quadrant, next), sign));
    const sine = v128.xor(v128.xor(s, swap), v128.and(quadrant, sign));
    v128.store(at, f32x4.mul(radius, cosine));
    v128.store(at, f32x4.mul(radius, sine), 16);
    extra += 32;
  }
}
