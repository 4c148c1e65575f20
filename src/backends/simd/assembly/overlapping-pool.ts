import { address, arg, clear, shareStart, storeLanes } from './common';

/*
 * A 3x3 max-pool with stride 2 over [images, height, width, channels]. Place 3 y + x of a window is its tap; the first of
 * equal values wins, NaN wins over numbers.
 */

/** Op.OverlappingPool: images, height, width, channels, x, y, taps. */
export function overlappingPool(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const height = arg(args, 1);
  const width = arg(args, 2);
  const channels = arg(args, 3);
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  const rows = (height - 1) >> 1;
  const columns = (width - 1) >> 1;
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    const image = address(args, 4) + <usize>b * <usize>height * line;
    let to = <usize>b * <usize>rows * <usize>columns * pixel;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, to += pixel) {
        const from = image + <usize>(2 * y) * line + <usize>(2 * x) * pixel;
        for (let c = 0; c < channels; c += 4) {
          const k = <usize>c << 2;
          let best = v128.load(from + k);
          let taps = i32x4.splat(0);
          for (let tap = 1; tap < 9; tap++) {
            const value = v128.load(from + <usize>(tap / 3) * line + <usize>(tap % 3) * pixel + k);
            const higher = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
            best = v128.bitselect(value, best, higher);
            taps = v128.bitselect(i32x4.splat(tap), taps, higher);
          }
          storeLanes(address(args, 5) + to + k, best, channels - c);
          storeLanes(address(args, 6) + to + k, taps, channels - c);
        }
      }
    }
  }
}

/** Op.OverlappingPoolGrad: images, height, width, channels, dy, taps, dx. */
export function overlappingPoolGrad(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const height = arg(args, 1);
  const width = arg(args, 2);
  const channels = arg(args, 3);
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  const rows = (height - 1) >> 1;
  const columns = (width - 1) >> 1;
  const last = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < last; b++) {
    const image = address(args, 6) + <usize>b * <usize>height * line;
    clear(image, <usize>height * line);
    let from = <usize>b * <usize>rows * <usize>columns * pixel;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const window = image + <usize>(2 * y) * line + <usize>(2 * x) * pixel;
        for (let c = 0; c < channels; c++, from += 4) {
          const tap = load<i32>(address(args, 5) + from);
          const at = window + <usize>(tap / 3) * line + <usize>(tap % 3) * pixel + (<usize>c << 2);
          store<f32>(at, load<f32>(at) + load<f32>(address(args, 4) + from));
        }
      }
    }
  }
}
