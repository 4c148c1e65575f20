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
  v128.store(at, f32x4.splat(4.0), 496);
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
  // Those of winograd-five.ts and winograd-four.ts.
  v128.store(at, f32x4.splat(5.25), 992);
  v128.store(at, f32x4.splat(5.0625), 1008);
  v128.store(at, f32x4.splat(4.3125), 1024);
  v128.store(at, f32x4.splat(0.25), 1040);
  v128.store(at, f32x4.splat(1.265625), 1056);
  v128.store(at, f32x4.splat(0.0625), 1072);
  v128.store(at, f32x4.splat(1.3125), 1088);
  v128.store(at, f32x4.splat(0.328125), 1104);
  v128.store(at, f32x4.splat(0.015625), 1120);
  v128.store(at, f32x4.splat(5.3125), 1136);
  v128.store(at, f32x4.splat(5.578125), 1152);
  v128.store(at, f32x4.splat(1.328125), 1168);
  v128.store(at, f32x4.splat(0.125), 1184);
  v128.store(at, f32x4.splat(8), 1200);
  v128.store(at, f32x4.splat(16), 1216);
  v128.store(at, f32x4.splat(0.00390625), 1232);
  v128.store(at, f32x4.splat(<f32>(-1 / 0.3460693359375)), 1248);
  v128.store(at, f32x4.splat(<f32>(1 / 0.52734375)), 1264);
  v128.store(at, f32x4.splat(<f32>(-1 / 4.21875)), 1280);
  v128.store(at, f32x4.splat(<f32>(1 / 177.1875)), 1296);
  v128.store(at, f32x4.splat(4.25), 1312);
  v128.store(at, f32x4.splat(1.25), 1328);
  // Those of noise-row.ts.
  v128.store(at, i32x4(0, 1, 2, 3), 1536);
  v128.store(at, i32x4.splat(4), 1552);
  // Those of box-muller.ts.
  v128.store(at, i32x4.splat(0x3f7fffff), 1568);
  v128.store(at, i32x4.splat(0x3f3504f3), 1584);
  v128.store(at, i32x4.splat(0xff800000), 1600);
  v128.store(at, f32x4.splat(<f32>(3.14159265358979324 / 4294967296.0)), 1616);
  v128.store(at, i32x4.splat(0x80000000), 1632);
  v128.store(at, f32x4.splat(-1.9999998906200493), 1648);
  v128.store(at, f32x4.splat(1.0000073024781002), 1664);
  v128.store(at, f32x4.splat(-0.666701178716773), 1680);
  v128.store(at, f32x4.splat(0.4993981805405636), 1696);
  v128.store(at, f32x4.splat(-0.398003314723837), 1712);
  v128.store(at, f32x4.splat(0.3450166095883409), 1728);
  v128.store(at, f32x4.splat(-0.324451571510567), 1744);
  v128.store(at, f32x4.splat(0.2021378117877211), 1760);
  v128.store(at, f32x4.splat(<f32>(-0.693147180559945309 / 4194304.0)), 1776);
  v128.store(at, f32x4.splat(-0.16666657096499354), 1792);
  v128.store(at, f32x4.splat(0.008333017291456267), 1808);
  v128.store(at, f32x4.splat(-0.000198066151949015), 1824);
  v128.store(at, f32x4.splat(0.0000026000547555461522), 1840);
  v128.store(at, f32x4.splat(-0.4999993229298959), 1856);
  v128.store(at, f32x4.splat(0.04166398945346369), 1872);
  v128.store(at, f32x4.splat(-0.001385592717561313), 1888);
  v128.store(at, f32x4.splat(0.000023194386314767097), 1904);
}
