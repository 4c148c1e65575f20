import { constant } from './constants';
import { address, arg, argF, shareStart, storeLanes } from './common';

/**
 * Op.SgdUpdate: n, variable, gradient, velocity, learningRate, momentum, dampening, weightDecay, nesterov, first.
 * As torch.optim.SGD: g += decay w; v = momentum v + (1 - dampening) g (v = g at the first step);
 * w -= rate (nesterov ? g + momentum v : v). Velocities below 1e-30 become zero: denormals cost forty times the time.
 */
export function sgdUpdate(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const vectors = (n + 3) >> 2;
  const first = shareStart(vectors, tid, threads);
  const last = shareStart(vectors, tid + 1, threads);
  const usual = argF(args, 5) != 0 && argF(args, 6) == 0 && argF(args, 7) == 0 && arg(args, 8) == 0 && arg(args, 9) == 0;
  if (!usual) {
    for (let vector = first; vector < last; vector++) update(args, vector, n);
    return;
  }
  const whole = min<i32>(last, n >> 2);
  momentumUpdates(args, first, whole);
  if (whole < last) update(args, whole, n);
}

/** Whole vectors with momentum and nothing else: the same operations as `update`'s, without its questions. */
function momentumUpdates(args: usize, first: i32, last: i32): void {
  // Locals: every store may alias the arguments, so the compiler would read them again each time.
  let variable = address(args, 1) + (<usize>first << 4);
  let gradient = address(args, 2) + (<usize>first << 4);
  let velocity = address(args, 3) + (<usize>first << 4);
  const rate = f32x4.splat(load<f32>(address(args, 4)));
  const momentum = f32x4.splat(argF(args, 5));
  const tiny = constant(48 /* 1e-30 */);
  const end = address(args, 1) + (<usize>last << 4);
  while (variable < end) {
    const v = f32x4.add(f32x4.mul(momentum, v128.load(velocity)), v128.load(gradient));
    const kept = v128.and(v, f32x4.ge(f32x4.abs(v), tiny));
    v128.store(velocity, kept);
    v128.store(variable, f32x4.sub(v128.load(variable), f32x4.mul(rate, kept)));
    variable += 16;
    gradient += 16;
    velocity += 16;
  }
}

/** The general rule for one vector, the last one perhaps in part. */
function update(args: usize, vector: i32, n: i32): void {
  const at = (<usize>vector) << 4;
  const left = n - (vector << 2);
  const momentum = f32x4.splat(argF(args, 5));
  const w = v128.load(address(args, 1) + at);
  let g = v128.load(address(args, 2) + at);
  if (argF(args, 7) != 0) g = f32x4.add(g, f32x4.mul(f32x4.splat(argF(args, 7)), w));
  let direction = g;
  if (argF(args, 5) != 0) {
    const velocity = address(args, 3) + at;
    let v = g;
    if (arg(args, 9) == 0) v = f32x4.add(f32x4.mul(momentum, v128.load(velocity)), f32x4.mul(f32x4.splat(1 - argF(args, 6)), g));
    v = v128.and(v, f32x4.ge(f32x4.abs(v), constant(48 /* 1e-30 */)));
    storeLanes(velocity, v, left);
    direction = arg(args, 8) != 0 ? f32x4.add(g, f32x4.mul(momentum, v)) : v;
  }
  const rate = f32x4.splat(load<f32>(address(args, 4)));
  storeLanes(address(args, 1) + at, f32x4.sub(w, f32x4.mul(rate, direction)), left);
}
