import { address, arg, argF, shareStart } from './common';

/** Four bytes as floats, times `scale`, plus `shift`. */
// @ts-ignore: decorator
@inline
function pixels(from: usize, scale: v128, shift: v128): v128 {
  const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from)));
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(wide), scale), shift);
}

/**
 * Op.GatherImages: images, indices, bytes (planar RGB, 3,072 an image), x, scale[3], shift[3].
 * x[b] = the indexed image in NHWC, value * scale + shift for each channel.
 */
export function gatherImages(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const images = arg(args, 0);
  const r1 = f32x4.splat(argF(args, 4));
  const g1 = f32x4.splat(argF(args, 5));
  const b1 = f32x4.splat(argF(args, 6));
  const r0 = f32x4.splat(argF(args, 7));
  const g0 = f32x4.splat(argF(args, 8));
  const b0 = f32x4.splat(argF(args, 9));
  const last = shareStart(images, tid + 1, threads);
  for (let image = shareStart(images, tid, threads); image < last; image++) {
    const index = load<i32>(address(args, 1) + (<usize>image << 2));
    const from = address(args, 2) + <usize>index * 3072;
    let to = address(args, 3) + <usize>image * 12288;
    for (let p: usize = 0; p < 1024; p += 4) {
      const r = pixels(from + p, r1, r0);
      const g = pixels(from + p + 1024, g1, g0);
      const b = pixels(from + p + 2048, b1, b0);
      const rg = i32x4.shuffle(r, g, 0, 4, 1, 5);
      const rgHigh = i32x4.shuffle(r, g, 2, 6, 3, 7);
      v128.store(to, i32x4.shuffle(rg, i32x4.shuffle(b, r, 0, 5, 0, 5), 0, 1, 4, 5));
      v128.store(to, i32x4.shuffle(i32x4.shuffle(g, b, 1, 5, 1, 5), rgHigh, 0, 1, 4, 5), 16);
      v128.store(to, i32x4.shuffle(i32x4.shuffle(b, r, 2, 7, 2, 7), i32x4.shuffle(g, b, 3, 7, 3, 7), 0, 1, 4, 5), 32);
      to += 48;
    }
  }
}

/** Op.GatherLabels: images, indices, bytes, labels. */
export function gatherLabels(args: usize, tid: i32, threads: i32, scratch: usize): void {
  if (tid != threads - 1) return;
  const images = arg(args, 0);
  for (let i = 0; i < images; i++) {
    const at = <usize>i << 2;
    store<i32>(address(args, 3) + at, load<u8>(address(args, 2) + <usize>load<i32>(address(args, 1) + at)));
  }
}
