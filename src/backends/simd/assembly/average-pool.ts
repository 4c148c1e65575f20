import { address, arg, shareStart } from './common';

/** Op.AveragePool: images, positions, channels (a multiple of 4), x, y [images][C]: each map's mean. */
export function averagePool(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const positions = arg(args, 1);
  const pixel = <usize>arg(args, 2) << 2;
  const bytes = <usize>positions * pixel;
  const over = f32x4.splat(<f32>1 / <f32>positions);
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    const x = address(args, 3) + <usize>b * bytes;
    const y = address(args, 4) + <usize>b * pixel;
    for (let c: usize = 0; c < pixel; c += 16) {
      let sum = f32x4.splat(0);
      const end = x + c + bytes;
      for (let p = x + c; p < end; p += pixel) sum = f32x4.add(sum, v128.load(p));
      v128.store(y + c, f32x4.mul(sum, over));
    }
  }
}

/** Op.AveragePoolGrad: images, positions, channels, dy, dx: each cell has its share of its map's gradient. */
export function averagePoolGrad(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const positions = arg(args, 1);
  const pixel = <usize>arg(args, 2) << 2;
  const bytes = <usize>positions * pixel;
  const over = f32x4.splat(<f32>1 / <f32>positions);
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    const dx = address(args, 4) + <usize>b * bytes;
    const dy = address(args, 3) + <usize>b * pixel;
    for (let c: usize = 0; c < pixel; c += 16) {
      const share = f32x4.mul(v128.load(dy + c), over);
      const end = dx + c + bytes;
      for (let p = dx + c; p < end; p += pixel) v128.store(p, share);
    }
  }
}
