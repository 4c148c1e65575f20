import { address, arg, shareStart, storeLanes } from './common';

/** Op.Add: n, a, b, scalarA, scalarB, out. A scalar side repeats its one element. */
export function add(args: usize, tid: i32, threads: i32, scratch: usize): void {
  binary(args, tid, threads, false);
}

/** Op.Multiply: the same arguments. */
export function multiply(args: usize, tid: i32, threads: i32, scratch: usize): void {
  binary(args, tid, threads, true);
}

function binary(args: usize, tid: i32, threads: i32, product: bool): void {
  const n = arg(args, 0);
  const a = address(args, 1);
  const b = address(args, 2);
  const scalarA = arg(args, 3) != 0;
  const scalarB = arg(args, 4) != 0;
  const out = address(args, 5);
  const vectors = (n + 3) >> 2;
  const first = shareStart(vectors, tid, threads);
  const last = shareStart(vectors, tid + 1, threads);
  const whole = min<i32>(last, n >> 2);
  const offset = <usize>first << 4;
  const stepA: usize = scalarA ? 0 : 16;
  const stepB: usize = scalarB ? 0 : 16;
  if (!scalarA && !scalarB && !product) {
    addVectors(a + offset, b + offset, out + offset, out + (<usize>whole << 4));
  } else {
    let x = scalarA ? a : a + offset;
    let y = scalarB ? b : b + offset;
    for (let i = first; i < whole; i++) {
      const v = scalarA ? v128.load32_splat(x) : v128.load(x);
      const w = scalarB ? v128.load32_splat(y) : v128.load(y);
      v128.store(out + (<usize>i << 4), product ? f32x4.mul(v, w) : f32x4.add(v, w));
      x += stepA;
      y += stepB;
    }
  }
  if (whole >= last) return;
  const at = <usize>whole << 4;
  const v = scalarA ? v128.load32_splat(a) : v128.load(a + at);
  const w = scalarB ? v128.load32_splat(b) : v128.load(b + at);
  storeLanes(out + at, product ? f32x4.mul(v, w) : f32x4.add(v, w), n & 3);
}

function addVectors(a: usize, b: usize, out: usize, end: usize): void {
  a -= out;
  b -= out;
  for (; out < end; out += 16) v128.store(out, f32x4.add(v128.load(out + a), v128.load(out + b)));
}

/** Op.Sum (AddN): n, count, out, then `count` addresses; the terms are added in order. */
export function sum(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const count = arg(args, 1);
  const vectors = (n + 3) >> 2;
  const last = shareStart(vectors, tid + 1, threads);
  for (let i = shareStart(vectors, tid, threads); i < last; i++) {
    const at = (<usize>i) << 4;
    let total = v128.load(address(args, 3) + at);
    for (let k = 1; k < count; k++) total = f32x4.add(total, v128.load(address(args, 3 + k) + at));
    storeLanes(address(args, 2) + at, total, n - (i << 2));
  }
}
