import { address, arg, argF, shareStart, storeLanes } from './common';

/**
 * Op.SgdUpdate: n, variable, gradient, velocity, learningRate, momentum, dampening, weightDecay, nesterov, first.
 * As torch.optim.SGD: g += decay w; v = momentum v + (1 - dampening) g (v = g at the first step);
 * w -= rate (nesterov ? g + momentum v : v). Velocities below 1e-30 become zero: denormals cost forty times the time.
 */
export function sgdUpdate(args: usize, tid: i32, threads: i32, scratch: usize): void {
  // Locals: every store may alias the arguments, so the compiler would read them again each time.
  const n = arg(args, 0);
  const variable = address(args, 1);
  const gradient = address(args, 2);
  const velocity = address(args, 3);
  const rate = f32x4.splat(load<f32>(address(args, 4)));
  const momentum = f32x4.splat(argF(args, 5));
  const keep = f32x4.splat(1 - argF(args, 6));
  const decay = f32x4.splat(argF(args, 7));
  const decays = argF(args, 7) != 0;
  const nesterov = arg(args, 8) != 0;
  const first = arg(args, 9) != 0;
  const plain = argF(args, 5) == 0;
  const vectors = (n + 3) >> 2;
  const last = shareStart(vectors, tid + 1, threads);
  for (let vector = shareStart(vectors, tid, threads); vector < last; vector++) {
    const at = (<usize>vector) << 4;
    const left = n - (vector << 2);
    const w = v128.load(variable + at);
    let g = v128.load(gradient + at);
    if (decays) g = f32x4.add(g, f32x4.mul(decay, w));
    let direction = g;
    if (!plain) {
      let v = g;
      if (!first) v = f32x4.add(f32x4.mul(momentum, v128.load(velocity + at)), f32x4.mul(keep, g));
      v = v128.and(v, f32x4.ge(f32x4.abs(v), f32x4.splat(1e-30)));
      storeLanes(velocity + at, v, left);
      direction = nesterov ? f32x4.add(g, f32x4.mul(momentum, v)) : v;
    }
    storeLanes(variable + at, f32x4.sub(w, f32x4.mul(rate, direction)), left);
  }
}
