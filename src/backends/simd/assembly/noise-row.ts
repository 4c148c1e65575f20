import { boxMuller } from './box-muller';
import { arg, shareStart } from './common';
import { constant } from './constants';
import { prepareKeys } from './noise';

/*
 * Rows of the noise that `normals16` of noise.ts defines, bit by bit, in bulk and in half the time: 27 ns a group of 16
 * normals (Zen 3). What does not depend on the element is worked out once a row.
 */

/** Groups of 16 normals that one call draws at most. */
export const CHUNK: i32 = 16;
/** Where a chunk's normals lie in the noise area, and the bytes of the area. */
export const DRAWS: usize = 320;
const EXTRA: usize = DRAWS + 1024;
export const NOISE_BYTES: usize = EXTRA + 1024;

/** What is the same for all elements of a row, behind the round keys. */
const FIRST: usize = 224;
const SECOND: usize = 240;
const SECOND_LOW: usize = 256;
const SECOND_HIGH: usize = 272;

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
  drawGroups(area, group, groups, area + DRAWS);
}

/** Normals `first` to `first` + `size` - 1 of the row; returns their place at `to` or up to 60 bytes behind. */
export function drawRow(area: usize, first: i32, size: i32, to: usize): usize {
  const from = first >> 4;
  const groups = ((first + size + 15) >> 4) - from;
  for (let group = 0; group < groups; group += CHUNK) {
    drawGroups(area, from + group, min<i32>(CHUNK, groups - group), to + (<usize>group << 6));
  }
  return to + (<usize>(first & 15) << 2);
}

/** Writes an even number of groups. */
function drawGroups(area: usize, group: i32, groups: i32, to: usize): void {
  // Philox takes two groups at a time.
  const end = to + (<usize>((groups + 1) & ~1) << 6);
  philox(area, group, to, end);
  boxMuller(to, end, area + EXTRA);
}

/** Op.DrawNoise: rows, groups. Draws that many groups of 16 normals a row and keeps none: what a step's noise costs. */
export function drawNoise(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const rows = arg(args, 0);
  const groups = arg(args, 1);
  const last = shareStart(rows, tid + 1, threads);
  prepareNoise(scratch, 1, 2);
  for (let row = shareStart(rows, tid, threads); row < last; row++) {
    startRow(scratch, row, 0, 0);
    for (let group = 0; group < groups; group += CHUNK) drawChunk(scratch, group, min<i32>(CHUNK, groups - group));
  }
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
 * before, which keep their order: so all four always agree where they meet, and after seven rounds the former two are
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
    v128.store(to, ordered(a0));
    v128.store(to, a1, 16);
    v128.store(to, ordered(a2), 32);
    v128.store(to, a3, 48);
    v128.store(to, ordered(b0), 64);
    v128.store(to, b1, 80);
    v128.store(to, ordered(b2), 96);
    v128.store(to, b3, 112);
  }
}

/** Lanes 0 2 1 3. */
// @ts-ignore: decorator
@inline
function ordered(x: v128): v128 {
  return i32x4.shuffle(x, x, 0, 2, 1, 3);
}
