import { address, arg, shareStart, storeLanes } from './common';
import { exp4 } from './math';
import { softplus } from './variational';
import { sigmoid } from './weights';

/** Op.SoftplusActivation: n, x, y, slope. y = log(1 + e^x), slope = dy / dx. */
export function softplusActivation(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const vectors = (n + 3) >> 2;
  const last = shareStart(vectors, tid + 1, threads);
  for (let i = shareStart(vectors, tid, threads); i < last; i++) {
    const at = <usize>i << 4;
    const x = v128.load(address(args, 1) + at);
    const e = exp4(f32x4.neg(f32x4.abs(x)));
    storeLanes(address(args, 2) + at, softplus(x, e), n - (i << 2));
    storeLanes(address(args, 3) + at, sigmoid(x, e), n - (i << 2));
  }
}
