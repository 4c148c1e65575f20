import { exp4 } from './math';

/**
 * The error function: a series in x^2 where |x| < 1 (S. Moshier, Cephes ndtrf.c), Abramowitz and Stegun 7.1.26 beyond.
 * Absolute error below 3e-7. @param e e^(-x^2)
 */
export function erf4(x: v128, e: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(7.853861353153693e-5);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-8.010193625184903e-4));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(5.188327685732524e-3));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-2.685381193529856e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.128358514861418e-1));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-3.7612625824235e-1));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.12837916572671));
  const inner = f32x4.mul(x, p);

  const one = f32x4.splat(1);
  const size = f32x4.abs(x);
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(size, f32x4.splat(0.3275911))));
  let q = f32x4.splat(1.061405429);
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(-1.453152027));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(1.421413741));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(-0.284496736));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(0.254829592));
  const outer = f32x4.sub(one, f32x4.mul(f32x4.mul(q, t), e));
  const signed = v128.or(outer, v128.and(x, f32x4.splat(-0.0)));
  return v128.bitselect(inner, signed, f32x4.lt(size, one));
}
