import { address, arg, madd } from './common';

/**
 * Op.Peak: rounds, zeros (16 bytes). Thread 0 computes 13 independent chains of `rounds` multiply-adds of 4 lanes:
 * 104 FLOP a round, at the rate that the arithmetic alone allows. Thirteen chains cover the latency of a multiplication
 * and an addition in a row (twelve reach 80 % of a Zen 4 core's peak, thirteen 96 %), and with the factor and a product
 * they fill the 15 vector registers there are.
 * Without rounds it is the empty instruction. Each chain feeds on itself, so that nothing can be moved out of the loop.
 */
export function peak(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const rounds = arg(args, 0);
  if (rounds == 0 || tid != 0) return;
  const factor = v128.load(address(args, 1));
  let a0 = f32x4.splat(1);
  let a1 = f32x4.splat(2);
  let a2 = f32x4.splat(3);
  let a3 = f32x4.splat(4);
  let a4 = f32x4.splat(5);
  let a5 = f32x4.splat(6);
  let a6 = f32x4.splat(7);
  let a7 = f32x4.splat(8);
  let a8 = f32x4.splat(9);
  let a9 = f32x4.splat(10);
  let a10 = f32x4.splat(11);
  let a11 = f32x4.splat(12);
  let a12 = f32x4.splat(13);
  for (let i = 0; i < rounds; i++) {
    a0 = madd(a0, a0, factor);
    a1 = madd(a1, a1, factor);
    a2 = madd(a2, a2, factor);
    a3 = madd(a3, a3, factor);
    a4 = madd(a4, a4, factor);
    a5 = madd(a5, a5, factor);
    a6 = madd(a6, a6, factor);
    a7 = madd(a7, a7, factor);
    a8 = madd(a8, a8, factor);
    a9 = madd(a9, a9, factor);
    a10 = madd(a10, a10, factor);
    a11 = madd(a11, a11, factor);
    a12 = madd(a12, a12, factor);
  }
  // Stored, or the compiler would drop the loop.
  v128.store(scratch, f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)));
  v128.store(scratch, f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7)), 16);
  v128.store(scratch, f32x4.add(f32x4.add(a8, a9), f32x4.add(a10, f32x4.add(a11, a12))), 32);
}
