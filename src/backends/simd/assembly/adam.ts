import { address, arg, argF, shareStart, storeLanes } from './common';

/** `v`, with zero for what is closer to it than `least`: denormals cost forty times the time. */
// @ts-ignore: decorator
@inline
function flush(v: v128, least: v128): v128 {
  return v128.and(v, f32x4.ge(f32x4.abs(v), least));
}

/**
 * Op.AdamUpdate: n, variable, gradient, first, second, rates, 1 - beta1, beta2, 1 - beta2, eps, l2.
 * As torch.optim.Adam: g += l2 w; m = lerp(m, g, 1 - beta1); v = beta2 v + (1 - beta2) g^2;
 * w = keep w - stepSize m / (sqrt(v) / root + eps) with rates = [stepSize, root, keep].
 * First moments below 1e-30 and second ones below 1e-37 become zero: both vanish beside an eps of 1e-8.
 */
export function adamUpdate(args: usize, tid: i32, threads: i32, scratch: usize): void {
  // Locals: every store may alias the arguments, so the compiler would read them again each time.
  const n = arg(args, 0);
  const variable = address(args, 1);
  const gradient = address(args, 2);
  const first = address(args, 3);
  const second = address(args, 4);
  const rates = address(args, 5);
  const stepSize = f32x4.splat(load<f32>(rates));
  const root = f32x4.splat(load<f32>(rates, 4));
  const keep = f32x4.splat(load<f32>(rates, 8));
  const weight = argF(args, 6);
  // As torch.lerp: from the nearer end.
  const fromOld = weight < 0.5;
  const share = f32x4.splat(fromOld ? weight : weight - 1);
  const beta2 = f32x4.splat(argF(args, 7));
  const fresh = f32x4.splat(argF(args, 8));
  const eps = f32x4.splat(argF(args, 9));
  const l2 = f32x4.splat(argF(args, 10));
  const decays = argF(args, 10) != 0;
  const leastFirst = f32x4.splat(1e-30);
  const leastSecond = f32x4.splat(1e-37);
  const vectors = (n + 3) >> 2;
  const last = shareStart(vectors, tid + 1, threads);
  for (let vector = shareStart(vectors, tid, threads); vector < last; vector++) {
    const at = <usize>vector << 4;
    const left = n - (vector << 2);
    const w = v128.load(variable + at);
    let g = v128.load(gradient + at);
    if (decays) g = f32x4.add(g, f32x4.mul(l2, w));
    let m = v128.load(first + at);
    m = flush(f32x4.add(fromOld ? m : g, f32x4.mul(f32x4.sub(g, m), share)), leastFirst);
    let v = f32x4.mul(beta2, v128.load(second + at));
    v = flush(f32x4.add(v, f32x4.mul(f32x4.mul(fresh, g), g)), leastSecond);
    storeLanes(first + at, m, left);
    storeLanes(second + at, v, left);
    const scale = f32x4.add(f32x4.div(f32x4.sqrt(v), root), eps);
    const step = f32x4.mul(stepSize, f32x4.div(m, scale));
    storeLanes(variable + at, f32x4.sub(f32x4.mul(keep, w), step), left);
  }
}
