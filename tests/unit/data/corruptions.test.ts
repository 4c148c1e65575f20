import { describe, expect, it } from 'vitest';
import {
  CORRUPTIONS,
  type CorruptionKind,
  corruptImages,
  EXTRA_CORRUPTIONS,
} from '../../../src/data/corruptions/kinds.js';
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
/** Edges and slopes; no tie where JPEG rounds by chance. */
const SLOPES = imageOf((x, y) => [
  x * 4 + y * 2 + ((Math.floor(x / 5) + Math.floor(y / 3)) % 2) * 40,
  230 - x * 3 - y * 4,
  x * 2 + y * 5,
]);
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
  // By Pillow 13 (pixelate), SciPy 1.17 (zoom, elastic), ImageMagick 6.9 (motion, snow's flakes), PyTorch 2.15's conv2d
  // (the other blurs), Python's colorsys (colours); draws by a Philox of Python's.
  it.each([
    ['pixelate', 1, [124, 92, 193], [70, 194, 200], [26, 94, 51], 293188],
    ['pixelate', 5, [123, 60, 163], [69, 175, 195], [28, 96, 58], 294800],
    ['zoom_blur', 1, [120, 96, 141], [68, 171, 189], [25, 91, 48], 287837],
    ['zoom_blur', 5, [115, 135, 105], [67, 158, 193], [27, 97, 63], 296418],
    ['defocus_blur', 2, [123, 77, 179], [70, 194, 200], [26, 94, 51], 292590],
    ['defocus_blur', 5, [121, 48, 152], [70, 194, 200], [26, 94, 51], 292961],
    ['gaussian_blur', 5, [122, 83, 170], [70, 180, 198], [26, 94, 51], 291459],
    ['motion_blur', 2, [124, 92, 193], [73, 169, 204], [29, 103, 68], 302290],
    ['snow', 2, [141, 112, 203], [99, 210, 216], [46, 107, 68], 364976],
    ['snow', 5, [255, 255, 255], [149, 248, 253], [102, 157, 122], 488927],
    ['elastic_transform', 1, [120, 48, 120], [71, 216, 193], [30, 103, 79], 300576],
    ['elastic_transform', 2, [112, 155, 44], [69, 175, 225], [33, 120, 90], 305541],
    ['elastic_transform', 5, [121, 69, 140], [72, 201, 212], [26, 94, 51], 298674],
    ['brightness', 5, [163, 121, 255], [89, 247, 255], [47, 170, 92], 413556],
    ['saturate', 5, [61, 0, 193], [0, 190, 200], [0, 94, 34], 223887],
  ] as const)('%s at %i is what other libraries make of it', (kind, severity, a, b, c, total) => {
    const image = corrupted(kind, severity);
    expect([pixel(image, 31, 31), pixel(image, 10, 20), pixel(image, 17, 3)]).toEqual([a, b, c]);
    expect(sumOf(image)).toBe(total);
  });

  it.each([
    [1, [195, 11, 205], [139, 126, 91], [73, 155, 91], 350817],
    [3, [181, 18, 197], [126, 137, 97], [67, 156, 92], 350640],
    [5, [191, 10, 203], [120, 132, 92], [71, 155, 95], 351078],
  ] as const)(
    'jpeg_compression at %i is what Pillow makes of it, within its rounding',
    (severity, a, b, c, total) => {
      const image = corrupted('jpeg_compression', severity, SLOPES);
      const pixels = [pixel(image, 31, 31), pixel(image, 10, 20), pixel(image, 17, 3)].flat();
      for (const [i, byte] of [...a, ...b, ...c].entries())
        expect(Math.abs(pixels[i] - byte)).toBeLessThanOrEqual(1);
      expect(Math.abs(sumOf(image) - total) / BYTES).toBeLessThan(0.02);
    },
  );

  it('the benchmark has the 15 kinds of the paper', () => {
    expect(CORRUPTIONS).toHaveLength(15);
    expect(CORRUPTIONS.filter((kind) => EXTRA_CORRUPTIONS.includes(kind))).toEqual([]);
  });

  it.each([...CORRUPTIONS, ...EXTRA_CORRUPTIONS])(
    '%s leaves images alone at severity 0, and nowhere else',
    (kind) => {
      expect(corrupted(kind, 0)).toEqual(PATTERN);
      for (const severity of [1, 2, 3, 4, 5]) expect(corrupted(kind, severity)).not.toEqual(PATTERN);
    },
  );

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

  it.each([
    [1, 1, 0.2],
    [5, 0.75, 0.45],
  ] as const)('frost at %i is one bluish layer over the image', (severity, share, amount) => {
    const got = corrupted('frost', severity, GREY);
    const layers = [0.85, 0.93, 1].map((tint, channel) =>
      Array.from(got.subarray(channel * PLANE, (channel + 1) * PLANE), (byte) => (byte - share * 128) / tint),
    );
    for (let i = 0; i < PLANE; i++) {
      // Bytes are cut off: up to one less, over a tint of 0.85.
      expect(Math.abs(layers[0][i] - layers[2][i])).toBeLessThan(1.2);
      expect(layers[2][i]).toBeGreaterThan(amount * 0.25 * 255 - 1);
      expect(layers[2][i]).toBeLessThanOrEqual(amount * 255);
    }
    expect(deviation(got.subarray(0, PLANE)).sd).toBeGreaterThan(20 * amount);
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
    const patches = outside('shuffled-patches');
    expect(colours(patches).sort()).toEqual(colours(PATTERN).sort());
    // Neighbours within a square stay neighbours: red rises by 3 along a row.
    const steps = Array.from({ length: 7 }, (_, i) => (256 + patches[i + 1] - patches[i]) % 256);
    expect(steps).toEqual(new Array(7).fill(3));
    expect(patches).not.toEqual(PATTERN);
    expect(new Set(outside('constant').subarray(0, PLANE)).size).toBe(1);
    expect(Math.abs(deviation(outside('uniform-noise')).sd - 73.9)).toBeLessThan(3);
  });
});
