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
  const last = shareStart(vectors, tid + 1, threads);
  for (let i = shareStart(vectors, tid, threads); i < last; i++) {
    const at = (<usize>i) << 4;
    const x = scalarA ? v128.load32_splat(a) : v128.load(a + at);
    const y = scalarB ? v128.load32_splat(b) : v128.load(b + at);
    storeLanes(out + at, product ? f32x4.mul(x, y) : f32x4.add(x, y), n - (i << 2));
  }
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
