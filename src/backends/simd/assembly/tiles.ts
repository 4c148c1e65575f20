import { constant } from './constants';

/*
 * The transforms of F(4x4, 3x3) (Lavin & Gray 2016, section 4.3): interpolation at 0, 1, -1, 2, -2 and infinity along
 * both axes. Point p of a tile is 6 * (horizontal point) + (vertical point). Each transform works on one vector of
 * channels, one axis after the other, through 36 vectors of scratch: [row][column], 96 bytes a row.
 */
export const POINTS: i32 = 36;


/** Six inputs to six points: B'd. */
// @ts-ignore: decorator
@inline
function inputPoints(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, step: usize): void {
  const four = constant(31 /* 4.0 */);
  const a = f32x4.sub(d4, f32x4.mul(four, d2));
  const b = f32x4.sub(d3, f32x4.mul(four, d1));
  const c = f32x4.sub(d4, d2);
  const h = f32x4.sub(d3, d1);
  const d = f32x4.add(h, h);
  v128.store(to, f32x4.add(f32x4.mul(four, f32x4.sub(d0, d2)), c));
  to += step;
  v128.store(to, f32x4.add(a, b));
  to += step;
  v128.store(to, f32x4.sub(a, b));
  to += step;
  v128.store(to, f32x4.add(c, d));
  to += step;
  v128.store(to, f32x4.sub(c, d));
  to += step;
  v128.store(to, f32x4.sub(f32x4.sub(d5, d3), f32x4.mul(four, h)));
}

/**
 * One 6x6 tile of an NHWC image whose upper left corner is one cell above and left of (y, x); cells outside the image
 * are zero. `zero` has a pixel of zeros, `work` room for 36 vectors a vector of channels.
 */
export function transformInput(image: usize, height: i32, width: i32, pixel: usize, y: i32, x: i32, zero: usize, work: usize, to: usize, point: usize): void {
  for (let i = 0; i < 6; i++) {
    const row = y + i - 1;
    const inside = row >= 0 && row < height;
    const base = inside ? image + <usize>(row * width + x) * pixel : zero;
    const step: usize = inside ? pixel : 0;
    const left = inside && x > 0 ? base - pixel : zero;
    const right = inside && x + 4 < width ? base + 4 * pixel : zero;
    inputRow(left, base, step, right, pixel, work + <usize>i * 96);
  }
  for (let at: usize = 0; at < pixel; at += 16) {
    let from = work;
    let at0 = to;
    for (let j = 0; j < 6; j++) {
      const d0 = v128.load(from);
      const d1 = v128.load(from, 96);
      const d2 = v128.load(from, 192);
      const d3 = v128.load(from, 288);
      const d4 = v128.load(from, 384);
      const d5 = v128.load(from, 480);
      inputPoints(d0, d1, d2, d3, d4, d5, at0, point);
      from += 16;
      at0 += 6 * point;
    }
    work += 576;
    to += 16;
  }
}

function inputRow(left: usize, base: usize, step: usize, right: usize, pixel: usize, to: usize): void {
  const second = base + step;
  const third = second + step;
  const fourth = third + step;
  for (let at: usize = 0; at < pixel; at += 16) {
    const d0 = v128.load(left + at);
    const d1 = v128.load(base + at);
    const d2 = v128.load(second + at);
    const d3 = v128.load(third + at);
    const d4 = v128.load(fourth + at);
    const d5 = v128.load(right + at);
    inputPoints(d0, d1, d2, d3, d4, d5, to, 16);
    to += 576;
  }
}

/** Six points to four outputs: A'm. */
// @ts-ignore: decorator
@inline
function outputs(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, to: usize, step: usize): void {
  const four = constant(31 /* 4.0 */);
  const s1 = f32x4.add(m1, m2);
  const d1 = f32x4.sub(m1, m2);
  const s2 = f32x4.add(m3, m4);
  const half = f32x4.sub(m3, m4);
  const d2 = f32x4.add(half, half);
  v128.store(to, f32x4.add(f32x4.add(m0, s1), s2));
  to += step;
  v128.store(to, f32x4.add(d1, d2));
  to += step;
  v128.store(to, f32x4.add(s1, f32x4.mul(four, s2)));
  to += step;
  v128.store(to, f32x4.add(f32x4.add(d1, f32x4.mul(four, d2)), m5));
}

/** A tile's products to its 4x4 outputs at `to` of an NHWC image; `bytes` of channels, `row` from a line to the next. */
export function transformOutput(products: usize, point: usize, bytes: usize, work: usize, to: usize, row: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    let from = products + at;
    let line = work;
    for (let j = 0; j < 6; j++) {
      const m0 = v128.load(from);
      from += point;
      const m1 = v128.load(from);
      from += point;
      const m2 = v128.load(from);
      from += point;
      const m3 = v128.load(from);
      from += point;
      const m4 = v128.load(from);
      from += point;
      const m5 = v128.load(from);
      from += point;
      outputs(m0, m1, m2, m3, m4, m5, line, 96);
      line += 16;
    }
    line = work;
    let out = to + at;
    for (let i = 0; i < 4; i++) {
      const m0 = v128.load(line);
      const m1 = v128.load(line, 16);
      const m2 = v128.load(line, 32);
      const m3 = v128.load(line, 48);
      const m4 = v128.load(line, 64);
      const m5 = v128.load(line, 80);
      outputs(m0, m1, m2, m3, m4, m5, out, bytes);
      line += 96;
      out += row;
    }
  }
}

/** Four gradients to six points: A y, the transpose of `outputs`. */
// @ts-ignore: decorator
@inline
function gradientPoints(y0: v128, y1: v128, y2: v128, y3: v128, to: usize, step: usize): void {
  const four = constant(31 /* 4.0 */);
  const even = f32x4.add(y0, y2);
  const odd = f32x4.add(y1, y3);
  const even2 = f32x4.add(y0, f32x4.mul(four, y2));
  const half = f32x4.add(y1, f32x4.mul(four, y3));
  const odd2 = f32x4.add(half, half);
  v128.store(to, y0);
  to += step;
  v128.store(to, f32x4.add(even, odd));
  to += step;
  v128.store(to, f32x4.sub(even, odd));
  to += step;
  v128.store(to, f32x4.add(even2, odd2));
  to += step;
  v128.store(to, f32x4.sub(even2, odd2));
  to += step;
  v128.store(to, y3);
}

/** A tile of 4x4 gradients to its points; arguments as `transformOutput`'s. */
export function transformGradient(from: usize, row: usize, bytes: usize, work: usize, to: usize, point: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    let p = from + at;
    let line = work;
    for (let i = 0; i < 4; i++) {
      const y0 = v128.load(p);
      const y1 = v128.load(p + bytes);
      const y2 = v128.load(p + 2 * bytes);
      const y3 = v128.load(p + 3 * bytes);
      gradientPoints(y0, y1, y2, y3, line, 16);
      p += row;
      line += 96;
    }
    line = work;
    let out = to + at;
    for (let j = 0; j < 6; j++) {
      const y0 = v128.load(line);
      const y1 = v128.load(line, 96);
      const y2 = v128.load(line, 192);
      const y3 = v128.load(line, 288);
      gradientPoints(y0, y1, y2, y3, out, point);
      line += 16;
      out += 6 * point;
    }
  }
}

/** Three taps to six points: G g. */
// @ts-ignore: decorator
@inline
function tapPoints(g0: v128, g1: v128, g2: v128, to: usize, step: usize): void {
  const sixth = f32x4.splat(<f32>(-1.0 / 6.0));
  const even = f32x4.mul(sixth, f32x4.add(g0, g2));
  const odd = f32x4.mul(sixth, g1);
  const even2 = f32x4.add(f32x4.mul(f32x4.splat(<f32>(1.0 / 24.0)), g0), f32x4.mul(f32x4.splat(<f32>(1.0 / 6.0)), g2));
  const odd2 = f32x4.mul(f32x4.splat(<f32>(1.0 / 12.0)), g1);
  v128.store(to, f32x4.mul(f32x4.splat(0.25), g0));
  to += step;
  v128.store(to, f32x4.add(even, odd));
  to += step;
  v128.store(to, f32x4.sub(even, odd));
  to += step;
  v128.store(to, f32x4.add(even2, odd2));
  to += step;
  v128.store(to, f32x4.sub(even2, odd2));
  to += step;
  v128.store(to, g2);
}

/** The 3x3 taps at `from` (`row` and `column` bytes apart, either negative) to 36 vectors [point] at `to`. */
export function transformTaps(from: usize, row: usize, column: usize, work: usize, to: usize): void {
  for (let i: usize = 0; i < 3; i++) {
    tapPoints(v128.load(from), v128.load(from + column), v128.load(from + 2 * column), work + i * 96, 16);
    from += row;
  }
  for (let j: usize = 0; j < 6; j++) {
    const at = work + (j << 4);
    tapPoints(v128.load(at), v128.load(at, 96), v128.load(at, 192), to + j * 96, 16);
  }
}

/** Six points to three taps' gradients: G' u. */
// @ts-ignore: decorator
@inline
function tapGradients(u0: v128, u1: v128, u2: v128, u3: v128, u4: v128, u5: v128, to: usize, step: usize): void {
  const sixth = f32x4.splat(<f32>(1.0 / 6.0));
  const s1 = f32x4.mul(sixth, f32x4.add(u1, u2));
  const d1 = f32x4.mul(sixth, f32x4.sub(u2, u1));
  const s2 = f32x4.add(u3, u4);
  const d2 = f32x4.sub(u3, u4);
  const quarter = f32x4.splat(0.25);
  const first = f32x4.sub(f32x4.mul(quarter, u0), s1);
  v128.store(to, f32x4.add(first, f32x4.mul(f32x4.splat(<f32>(1.0 / 24.0)), s2)));
  to += step;
  v128.store(to, f32x4.add(d1, f32x4.mul(f32x4.splat(<f32>(1.0 / 12.0)), d2)));
  to += step;
  v128.store(to, f32x4.add(f32x4.sub(f32x4.mul(sixth, s2), s1), u5));
}

/** 36 points' gradients at `from` (`point` bytes apart) to those of the 3x3 taps, `tap` bytes apart in row-major order. */
export function transformTapGradients(from: usize, point: usize, work: usize, to: usize, tap: usize): void {
  for (let j: usize = 0; j < 6; j++) {
    const u0 = v128.load(from);
    const u1 = v128.load(from + point);
    const u2 = v128.load(from + 2 * point);
    const u3 = v128.load(from + 3 * point);
    const u4 = v128.load(from + 4 * point);
    const u5 = v128.load(from + 5 * point);
    tapGradients(u0, u1, u2, u3, u4, u5, work + (j << 4), 96);
    from += 6 * point;
  }
  for (let i: usize = 0; i < 3; i++) {
    const at = work + i * 96;
    tapGradients(v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48), v128.load(at, 64), v128.load(at, 80), to, tap);
    to += 3 * tap;
  }
}
