import { Stream, streamKey } from '../../rng.js';
import { IMAGE_BYTES } from '../dataset.js';
import { defocusBlur, gaussianBlur, glassBlur, zoomBlur } from './blur.js';
import { brightness, contrast, fog, saturate } from './colour.js';
import { gaussianNoise, impulseNoise, shotNoise, speckleNoise } from './noise.js';
import { pixelate } from './pixelate.js';
import { type Planes, toBytes } from './planes.js';

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

/**
 * Corruptions of CIFAR-10-C with its strengths (Hendrycks and Dietterich, "Benchmarking neural network robustness to
 * common corruptions and perturbations", ICLR 2019; strengths as in their make_cifar_c.py). Their own draws cannot be
 * had, so that images of noise differ from the published files. The last three are the paper's extra ones.
 */
const KINDS = {
  gaussian_noise: by(gaussianNoise, 0.04, 0.06, 0.08, 0.09, 0.1),
  shot_noise: by(shotNoise, 500, 250, 100, 75, 50),
  impulse_noise: by(impulseNoise, 0.01, 0.02, 0.03, 0.05, 0.07),
  defocus_blur: by<Pair>(defocusBlur, [0.3, 0.4], [0.4, 0.5], [0.5, 0.6], [1, 0.2], [1.5, 0.1]),
  glass_blur: by<Pair>(glassBlur, [0.05, 1], [0.25, 1], [0.4, 1], [0.25, 2], [0.4, 2]),
  zoom_blur: by(zoomBlur, 1.06, 1.11, 1.16, 1.21, 1.26),
  fog: by<Pair>(fog, [0.2, 3], [0.5, 3], [0.75, 2.5], [1, 2], [1.5, 1.75]),
  brightness: by(brightness, 0.05, 0.1, 0.15, 0.2, 0.3),
  contrast: by(contrast, 0.75, 0.5, 0.4, 0.3, 0.15),
  pixelate: by(pixelate, 0.95, 0.9, 0.85, 0.75, 0.65),
  speckle_noise: by(speckleNoise, 0.06, 0.1, 0.12, 0.16, 0.2),
  gaussian_blur: by(gaussianBlur, 0.4, 0.6, 0.7, 0.8, 1),
  saturate: by<Pair>(saturate, [0.3, 0], [0.1, 0], [1.5, 0], [2, 0.1], [2.5, 0.2]),
} as const satisfies Record<string, Corruption>;

export type CorruptionKind = keyof typeof KINDS;

/** Names of the corruptions. */
export const CORRUPTIONS = Object.keys(KINDS) as CorruptionKind[];
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
