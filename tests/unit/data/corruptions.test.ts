import { describe, expect, it } from 'vitest';
import { CORRUPTIONS, type CorruptionKind, corruptImages } from '../../../src/data/corruptions/kinds.js';
import { OUTSIDE_SETS, type OutsideSet, outsideImages } from '../../../src/data/outside.js';

const BYTES = 3072;
const PLANE = 1024;

function imageOf(value: (x: number, y: number) => readonly number[]): Uint8Array {
  return Uint8Array.from({ length: BYTES }, (_, i) => {
    const at = i % PLANE;
    return value(at % 32, at >> 5)[Math.floor(i / PLANE)] % 256;
  });
}

const PATTERN = imageOf((x, y) => [x * 3 + y, y * 5 + x * x, x * y]);
const GREY = imageOf(() => [128, 128, 128]);

function corrupted(kind: CorruptionKind, severity: number, image = PATTERN, index = 0): Uint8Array {
  const images = new Uint8Array((index + 1) * BYTES);
  images.set(image, index * BYTES);
  const out = new Uint8Array(BYTES);
  corruptImages(kind, severity, images, Int32Array.of(index), out);
  return out;
}

function outside(set: OutsideSet, index = 0): Uint8Array {
  const images = new Uint8Array((index + 1) * BYTES);
  images.set(PATTERN, index * BYTES);
  const out = new Uint8Array(BYTES);
  outsideImages(set, images, Int32Array.of(index), out);
  return out;
}

const pixel = (image: Uint8Array, row: number, column: number) =>
  [0, 1, 2].map((channel) => image[channel * PLANE + row * 32 + column]);
const sumOf = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

function deviation(values: Uint8Array): { mean: number; sd: number } {
  const mean = sumOf(values) / values.length;
  return { mean, sd: Math.sqrt(sumOf(Array.from(values, (v) => (v - mean) ** 2)) / values.length) };
}

describe('corruptions', () => {
  // By Pillow 13 (pixelate), PyTorch 2.15's interpolate (zoom) and conv2d (blurs), Python's colorsys (colours).
  it.each([
    ['pixelate', 1, [124, 92, 193], [70, 194, 200], [26, 94, 51], 293188],
    ['pixelate', 5, [123, 60, 163], [69, 175, 195], [28, 96, 58], 294800],
    ['zoom_blur', 1, [120, 96, 141], [68, 171, 189], [25, 91, 48], 287837],
    ['zoom_blur', 5, [115, 135, 105], [67, 158, 193], [27, 97, 63], 296418],
    ['defocus_blur', 2, [123, 77, 179], [70, 194, 200], [26, 94, 51], 292590],
    ['defocus_blur', 5, [121, 48, 152], [70, 194, 200], [26, 94, 51], 292961],
    ['gaussian_blur', 5, [122, 83, 170], [70, 180, 198], [26, 94, 51], 291459],
    ['brightness', 5, [163, 121, 255], [89, 247, 255], [47, 170, 92], 413556],
    ['saturate', 5, [61, 0, 193], [0, 190, 200], [0, 94, 34], 223887],
  ] as const)('%s at %i is what other libraries make of it', (kind, severity, a, b, c, total) => {
    const image = corrupted(kind, severity);
    expect([pixel(image, 31, 31), pixel(image, 10, 20), pixel(image, 17, 3)]).toEqual([a, b, c]);
    expect(sumOf(image)).toBe(total);
  });

  it.each(CORRUPTIONS)('%s leaves images alone at severity 0, and nowhere else', (kind) => {
    expect(corrupted(kind, 0)).toEqual(PATTERN);
    for (const severity of [1, 2, 3, 4, 5]) expect(corrupted(kind, severity)).not.toEqual(PATTERN);
  });

  it.each([
    ['gaussian_noise', 5, 0.1 * 255],
    ['speckle_noise', 5, 0.2 * 128],
    // Poisson: sqrt(x / photons) on the unit scale.
    ['shot_noise', 5, Math.sqrt(128 / 255 / 50) * 255],
    // Half of 7 % goes to 0 and half to 255.
    ['impulse_noise', 5, Math.sqrt(0.07) * 127.5],
  ] as const)('%s has its spread on a grey image', (kind, severity, sd) => {
    const got = deviation(corrupted(kind, severity, GREY));
    expect(Math.abs(got.mean - 128)).toBeLessThan((4 * sd) / Math.sqrt(BYTES) + 1);
    expect(Math.abs(got.sd / sd - 1)).toBeLessThan(0.12);
  });

  it('draws anew for each image and kind, the same at each call', () => {
    expect(corrupted('fog', 3, PATTERN, 4)).toEqual(corrupted('fog', 3, PATTERN, 4));
    expect(corrupted('fog', 3, PATTERN, 4)).not.toEqual(corrupted('fog', 3, PATTERN, 5));
  });

  it('contrast keeps the mean and scales what differs from it', () => {
    const got = corrupted('contrast', 2);
    const [before, after] = [PATTERN, got].map((image) => deviation(image.subarray(0, PLANE)));
    expect(after.mean).toBeCloseTo(before.mean - 0.5, 0);
    expect(after.sd / before.sd).toBeCloseTo(0.5, 2);
  });

  it('fog is one cloud for all channels, between nothing and its amount', () => {
    const got = corrupted('fog', 1, GREY);
    const plane = got.subarray(0, PLANE);
    expect(got.subarray(PLANE, 2 * PLANE)).toEqual(plane);
    // (m + a c) m / (m + a), with the cloud c from 0 to 1, m = 128/255 and a = 0.2.
    const m = 128 / 255;
    expect(Math.min(...plane)).toBe(Math.floor(((m * m) / (m + 0.2)) * 255));
    expect(Math.max(...plane)).toBe(128);
  });

  it('glass blur brings pixels from at most a place away', () => {
    const columns = imageOf((x) => [x * 8, x * 8, x * 8]);
    const got = corrupted('glass_blur', 1, columns);
    for (let row = 0; row < 32; row++)
      for (let column = 2; column < 32; column++)
        expect([column * 8, (column - 1) * 8]).toContain(pixel(got, row, column)[0]);
  });
});

describe('sets out of distribution', () => {
  it.each(OUTSIDE_SETS)('%s depends on the image alone', (set) => {
    expect(outside(set, 3)).toEqual(outside(set, 3));
    if (set !== 'inverted') expect(outside(set, 3)).not.toEqual(outside(set, 2));
  });

  it('keeps what it says', () => {
    expect(Array.from(outside('inverted'), (v, i) => v + PATTERN[i]).every((sum) => sum === 255)).toBe(true);
    const shuffled = outside('shuffled-pixels');
    const colours = (image: Uint8Array) =>
      Array.from({ length: PLANE }, (_, i) => pixel(image, i >> 5, i % 32).join());
    expect(colours(shuffled).sort()).toEqual(colours(PATTERN).sort());
    expect(shuffled).not.toEqual(PATTERN);
    expect(new Set(outside('constant').subarray(0, PLANE)).size).toBe(1);
    expect(Math.abs(deviation(outside('uniform-noise')).sd - 73.9)).toBeLessThan(3);
  });
});
