import { Stream, streamKey } from '../../rng.js';
import { IMAGE_BYTES } from '../dataset.js';
import { defocusBlur, gaussianBlur, glassBlur, zoomBlur } from './blur.js';
import { brightness, contrast, saturate } from './colour.js';
import { elasticTransform, type Stretch } from './elastic.js';
import { jpegCompression } from './jpeg.js';
import { motionBlur } from './motion.js';
import { gaussianNoise, impulseNoise, shotNoise, speckleNoise } from './noise.js';
import { pixelate } from './pixelate.js';
import { type Planes, SIDE, toBytes } from './planes.js';
import { fog, frost, snow } from './weather.js';

/** One image's corruption at each severity, 1 to 5. */
type Corruption = readonly ((x: Planes, stream: Stream) => Planes)[];

/** A corruption by its strengths. */
function by<T>(
  corrupt: (x: Planes, strength: T, stream: Stream) => Planes,
  ...strengths: readonly T[]
): Corruption {
  return strengths.map((strength) => (x, stream) => corrupt(x, strength, stream));
}
type Pair = readonly [number, number];

/** Snow's strengths, in the order of the published table. */
function snowfall(...[mean, deviation, zoom, threshold, radius, sigma, share]: readonly number[]) {
  return { mean, deviation, zoom, threshold, radius, sigma, share };
}

/** The elastic transformation's strengths as shares of the image's side. */
function stretch(amount: number, sigma: number, shift: number): Stretch {
  return { amount: SIDE * amount, sigma: SIDE * sigma, shift: SIDE * shift };
}

/**
 * The corruptions of CIFAR-10-C with its strengths (Hendrycks and Dietterich, "Benchmarking neural network robustness
 * to common corruptions and perturbations", ICLR 2019; strengths as in their make_cifar_c.py), in the paper's order.
 * Draws are our own, so that what is drawn differs from the published files; frost is made, not photographed.
 */
const BENCHMARK = {
  gaussian_noise: by(gaussianNoise, 0.04, 0.06, 0.08, 0.09, 0.1),
  shot_noise: by(shotNoise, 500, 250, 100, 75, 50),
  impulse_noise: by(impulseNoise, 0.01, 0.02, 0.03, 0.05, 0.07),
  defocus_blur: by<Pair>(defocusBlur, [0.3, 0.4], [0.4, 0.5], [0.5, 0.6], [1, 0.2], [1.5, 0.1]),
  glass_blur: by<Pair>(glassBlur, [0.05, 1], [0.25, 1], [0.4, 1], [0.25, 2], [0.4, 2]),
  motion_blur: by<Pair>(motionBlur, [6, 1], [6, 1.5], [6, 2], [8, 2], [9, 2.5]),
  zoom_blur: by(zoomBlur, 1.06, 1.11, 1.16, 1.21, 1.26),
  snow: by(
    snow,
    snowfall(0.1, 0.2, 1, 0.6, 8, 3, 0.95),
    snowfall(0.1, 0.2, 1, 0.5, 10, 4, 0.9),
    snowfall(0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
    snowfall(0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
    snowfall(0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
  ),
  frost: by<Pair>(frost, [1, 0.2], [1, 0.3], [0.9, 0.4], [0.85, 0.4], [0.75, 0.45]),
  fog: by<Pair>(fog, [0.2, 3], [0.5, 3], [0.75, 2.5], [1, 2], [1.5, 1.75]),
  brightness: by(brightness, 0.05, 0.1, 0.15, 0.2, 0.3),
  contrast: by(contrast, 0.75, 0.5, 0.4, 0.3, 0.15),
  elastic_transform: by(
    elasticTransform,
    stretch(0, 0, 0.08),
    stretch(0.05, 0.2, 0.07),
    stretch(0.08, 0.06, 0.06),
    stretch(0.1, 0.04, 0.05),
    stretch(0.1, 0.03, 0.03),
  ),
  pixelate: by(pixelate, 0.95, 0.9, 0.85, 0.75, 0.65),
  jpeg_compression: by(jpegCompression, 80, 65, 58, 50, 40),
} as const satisfies Record<string, Corruption>;

/** The paper's kinds for validation, which are not part of its mean; spatter is not among them. */
const EXTRA = {
  speckle_noise: by(speckleNoise, 0.06, 0.1, 0.12, 0.16, 0.2),
  gaussian_blur: by(gaussianBlur, 0.4, 0.6, 0.7, 0.8, 1),
  saturate: by<Pair>(saturate, [0.3, 0], [0.1, 0], [1.5, 0], [2, 0.1], [2.5, 0.2]),
} as const satisfies Record<string, Corruption>;

const KINDS = { ...BENCHMARK, ...EXTRA };
export type CorruptionKind = keyof typeof KINDS;

/** Names of the benchmark's 15 corruptions. */
export const CORRUPTIONS = Object.keys(BENCHMARK) as CorruptionKind[];
/** Names of the extra ones. */
export const EXTRA_CORRUPTIONS = Object.keys(EXTRA) as CorruptionKind[];
/** The strongest severity; 0 leaves images as they are. */
export const MAX_SEVERITY = 5;

/**
 * Corrupts images. An image's result depends on (kind, severity, its index) and its bytes alone.
 * @param images [>= n * 3072] planar bytes
 * @param indices [n] which of them
 * @param out [n * 3072]
 * @param severity 0 (unchanged) to 5
 */
export function corruptImages(
  kind: CorruptionKind,
  severity: number,
  images: Uint8Array,
  indices: Int32Array,
  out: Uint8Array,
): void {
  const key = streamKey(severity, `corrupt/${kind}`);
  for (let i = 0; i < indices.length; i++) {
    const clean = images.subarray(indices[i] * IMAGE_BYTES, (indices[i] + 1) * IMAGE_BYTES);
    const bytes =
      severity === 0
        ? clean
        : toBytes(KINDS[kind][severity - 1](planesFrom(clean), new Stream(key, indices[i])));
    out.set(bytes, i * IMAGE_BYTES);
  }
}

function planesFrom(bytes: Uint8Array): Planes {
  return Float64Array.from(bytes, (byte) => byte / 255);
}
