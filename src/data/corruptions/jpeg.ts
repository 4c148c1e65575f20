import { BLOCK, cosines, fromCosines } from './cosine.js';
import { PLANE, type Planes, SIDE } from './planes.js';

const HALF = SIDE / 2;

/** Steps of quality 50 for luma and chroma, row-major (ITU-T T.81, annex K.1). */
const LUMA = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMA = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99,
  99, 99, 99, 99, 99,
].concat(new Array<number>(32).fill(99));

/**
 * What is left of an image after JPEG at a quality of 1 to 100, as libjpeg (hence Pillow) saves and opens it: YCbCr,
 * chroma at half the resolution, rounded cosine coefficients, and back. Coding is lossless and left out.
 */
export function jpegCompression(x: Planes, quality: number): Planes {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const steps = (table: readonly number[]) =>
    table.map((step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))));
  const [luma, blue, red] = toLumaChroma(x);
  const chroma = (plane: Float64Array) => doubled(quantised(halved(plane), HALF, steps(CHROMA)));
  return toColours(quantised(luma, SIDE, steps(LUMA)), chroma(blue), chroma(red));
}

/** Three planes of bytes: Y, Cb and Cr (JFIF). */
function toLumaChroma(x: Planes): readonly [Float64Array, Float64Array, Float64Array] {
  const mix = (r: number, g: number, b: number, offset: number) =>
    Float64Array.from({ length: PLANE }, (_, i) =>
      Math.round(255 * (r * x[i] + g * x[i + PLANE] + b * x[i + 2 * PLANE]) + offset),
    );
  return [
    mix(0.299, 0.587, 0.114, 0),
    mix(-0.168735892, -0.331264108, 0.5, 128),
    mix(0.5, -0.418687589, -0.081312411, 128),
  ];
}

function toColours(luma: Float64Array, blue: Float64Array, red: Float64Array): Planes {
  const out = new Float64Array(3 * PLANE);
  for (let i = 0; i < PLANE; i++) {
    const [b, r] = [blue[i] - 128, red[i] - 128];
    out[i] = Math.round(luma[i] + 1.402 * r) / 255;
    out[i + PLANE] = Math.round(luma[i] - 0.344136286 * b - 0.714136286 * r) / 255;
    out[i + 2 * PLANE] = Math.round(luma[i] + 1.772 * b) / 255;
  }
  return out;
}

/** Means of 2 x 2 pixels, halves rounded down and up in turn along a row. @returns [16 * 16] */
function halved(plane: Float64Array): Float64Array {
  return Float64Array.from({ length: HALF * HALF }, (_, i) => {
    const at = 2 * Math.floor(i / HALF) * SIDE + 2 * (i % HALF);
    const sum = plane[at] + plane[at + 1] + plane[at + SIDE] + plane[at + SIDE + 1];
    return Math.floor((sum + 1 + (i % 2)) / 4);
  });
}

/** Twice the size by weights 3/4 and 1/4 of the two nearest, edges repeated. @param plane [16 * 16] */
function doubled(plane: Float64Array): Float64Array {
  const clamp = (i: number) => Math.min(HALF - 1, Math.max(0, i));
  const nearest = (i: number) => [i >> 1, clamp((i >> 1) + (i % 2 === 0 ? -1 : 1))];
  return Float64Array.from({ length: PLANE }, (_, i) => {
    const [row, other] = nearest(Math.floor(i / SIDE));
    const [column, beside] = nearest(i % SIDE);
    const sum = (c: number) => 3 * plane[row * HALF + c] + plane[other * HALF + c];
    return Math.floor((3 * sum(column) + sum(beside) + 8 - (i % 2)) / 16);
  });
}

/** Bytes whose blocks' cosine coefficients were rounded to whole steps. @param plane [side * side] */
function quantised(plane: Float64Array, side: number, steps: readonly number[]): Float64Array {
  const out = new Float64Array(plane.length);
  for (let top = 0; top < side; top += BLOCK)
    for (let left = 0; left < side; left += BLOCK) {
      const place = (i: number) => (top + Math.floor(i / BLOCK)) * side + left + (i % BLOCK);
      const block = Float64Array.from(steps, (_, i) => plane[place(i)] - 128);
      const coefficients = cosines(block).map(
        (value, i) => awayFromZero(eighth(value) / steps[i]) * steps[i],
      );
      for (const [i, value] of fromCosines(coefficients).entries())
        out[place(i)] = Math.min(255, Math.max(0, Math.round(value + 128)));
    }
  return out;
}

/** libjpeg's coefficients are whole eighths, so that halves of a step are common. */
const eighth = (value: number): number => Math.round(8 * value) / 8;

/** Rounded, halves away from zero. */
const awayFromZero = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
