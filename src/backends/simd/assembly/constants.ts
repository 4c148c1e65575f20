/*
 * Vector constants live in memory, in the first page, which the heap leaves alone. Written inline the compiler
 * builds each anew, four instructions a use, and the elementary functions use dozens.
 */
const BASE: usize = 4096;

/** Constant `i` of the table; the call's comment says its value. */
// @ts-ignore: decorator
@inline
export function constant(i: usize): v128 {
  return v128.load(BASE + (i << 4));
}

/** Fills the table; once, before any kernel runs. */
export function prepareConstants(): void {
  const at = BASE;
  v128.store(at, f32x4.splat(-87.3), 0);
  v128.store(at, f32x4.splat(88.0), 16);
  v128.store(at, f32x4.splat(1.44269504088896341), 32);
  v128.store(at, f32x4.splat(12582912), 48);
  v128.store(at, f32x4.splat(0.693359375), 64);
  v128.store(at, f32x4.splat(-2.12194440e-4), 80);
  v128.store(at, f32x4.splat(1.9875691500e-4), 96);
  v128.store(at, f32x4.splat(1.3981999507e-3), 112);
  v128.store(at, f32x4.splat(8.3334519073e-3), 128);
  v128.store(at, f32x4.splat(4.1665795894e-2), 144);
  v128.store(at, f32x4.splat(1.6666665459e-1), 160);
  v128.store(at, f32x4.splat(5.0000001201e-1), 176);
  v128.store(at, f32x4.splat(1.0), 192);
  v128.store(at, f32x4.splat(0.707106781186547524), 208);
  v128.store(at, f32x4.splat(7.0376836292e-2), 224);
  v128.store(at, f32x4.splat(-1.1514610310e-1), 240);
  v128.store(at, f32x4.splat(1.1676998740e-1), 256);
  v128.store(at, f32x4.splat(-1.2420140846e-1), 272);
  v128.store(at, f32x4.splat(1.4249322787e-1), 288);
  v128.store(at, f32x4.splat(-1.6668057665e-1), 304);
  v128.store(at, f32x4.splat(2.0000714765e-1), 320);
  v128.store(at, f32x4.splat(-2.4999993993e-1), 336);
  v128.store(at, f32x4.splat(3.3333331174e-1), 352);
  v128.store(at, f32x4.splat(0.5), 368);
  v128.store(at, f32x4.splat(0.0), 384);
  v128.store(at, i32x4.splat(127), 400);
  v128.store(at, i32x4.splat(126), 416);
  v128.store(at, i32x4.splat(0x007fffff), 432);
  v128.store(at, i32x4.splat(0x3f000000), 448);
  v128.store(at, f32x4.splat(1.1920928955078125e-7), 464);
  v128.store(at, f32x4.splat(-2.0), 480);
  v128.store(at, f32x4.splat(4.0), 496);
  v128.store(at, f32x4.splat(1.57079632679489662), 512);
  v128.store(at, f32x4.splat(-1.9515295891e-4), 528);
  v128.store(at, f32x4.splat(8.3321608736e-3), 544);
  v128.store(at, f32x4.splat(-1.6666654611e-1), 560);
  v128.store(at, f32x4.splat(2.443315711809948e-5), 576);
  v128.store(at, f32x4.splat(-1.388731625493765e-3), 592);
  v128.store(at, f32x4.splat(4.166664568298827e-2), 608);
  v128.store(at, i32x4.splat(0xd2511f53), 624);
  v128.store(at, i32x4.splat(0xcd9e8d57), 640);
  v128.store(at, i32x4.splat(1), 656);
  v128.store(at, i32x4.splat(2), 672);
  v128.store(at, f32x4.splat(1), 688);
  v128.store(at, f32x4.splat(0), 704);
  v128.store(at, f32x4.splat(20), 720);
  v128.store(at, f32x4.splat(1e-15), 736);
  v128.store(at, f32x4.splat(2), 752);
  v128.store(at, f32x4.splat(1e-30), 768);
  v128.store(at, f32x4.splat(0.3333333333333333), 784);
  v128.store(at, f32x4.splat(-0.25), 800);
  v128.store(at, f32x4.splat(0.2), 816);
  v128.store(at, f32x4.splat(-0.16666666666666666), 832);
  v128.store(at, f32x4.splat(0.14285714285714285), 848);
  v128.store(at, f32x4.splat(-0.125), 864);
  v128.store(at, f32x4.splat(-0.5), 880);
  v128.store(at, f32x4.splat(0.20833333333333334), 896);
  v128.store(at, f32x4.splat(0.08715277777777777), 912);
  v128.store(at, f32x4.splat(-0.06597222222222222), 928);
  v128.store(at, f32x4.splat(0.05259865520282187), 944);
  v128.store(at, f32x4.splat(-2.05), 960);
  v128.store(at, f32x4.splat(5), 976);
  // Those of noise-row.ts.
  v128.store(at, i32x4(0, 1, 2, 3), 1536);
  v128.store(at, i32x4.splat(4), 1552);
  v128.store(at, i32x4.splat(0x3f7fffff), 1568);
  v128.store(at, i32x4.splat(0x3f3504f3), 1584);
  v128.store(at, i32x4.splat(0xff800000), 1600);
  v128.store(at, f32x4.mul(f32x4.splat(1.57079632679489662), f32x4.splat(2.3283064365386963e-10)), 1616);
  v128.store(at, i32x4.splat(0x20000000), 1632);
  v128.store(at, f32x4.mul(f32x4.splat(-2.4999993993e-1), f32x4.splat(-2)), 1648);
  v128.store(at, f32x4.mul(f32x4.splat(3.3333331174e-1), f32x4.splat(-2)), 1664);
  v128.store(at, f32x4.mul(f32x4.splat(-1.6668057665e-1), f32x4.splat(-2)), 1680);
  v128.store(at, f32x4.mul(f32x4.splat(2.0000714765e-1), f32x4.splat(-2)), 1696);
  v128.store(at, f32x4.mul(f32x4.splat(-1.2420140846e-1), f32x4.splat(-2)), 1712);
  v128.store(at, f32x4.mul(f32x4.splat(1.4249322787e-1), f32x4.splat(-2)), 1728);
  v128.store(at, f32x4.mul(f32x4.splat(-1.1514610310e-1), f32x4.splat(-2)), 1744);
  v128.store(at, f32x4.mul(f32x4.splat(1.1676998740e-1), f32x4.splat(-2)), 1760);
  v128.store(at, f32x4.mul(f32x4.splat(7.0376836292e-2), f32x4.splat(-2)), 1776);
  v128.store(at, f32x4.mul(f32x4.splat(-2.12194440e-4), f32x4.splat(-2.384185791015625e-7)), 1792);
  v128.store(at, f32x4.mul(f32x4.splat(0.693359375), f32x4.splat(-2.384185791015625e-7)), 1808);
  v128.store(at, i32x4.splat(0x80000000), 1824);
}
