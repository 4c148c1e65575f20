import type { ComparedRun } from '../../../src/report/index.js';
import { type ImageScores, imageScores } from '../../../src/report/scores.js';
import { Stream, streamKey } from '../../../src/rng.js';

/** How a made-up model behaves. */
export interface Behaviour {
  /** Added to the logit of the label: more is more accurate. */
  readonly skill: number;
  /** 1 is calibrated (the posterior of Gaussian scores a `skill` apart), more is overconfident. */
  readonly sharpness?: number;
  /** Share of the noise that models of one `images` stream have in common. */
  readonly common?: number;
}

const CLASSES = 4;

/** A made-up run: models with one `images` seed see the same images; `noise` is the run's own. */
export function madeUpRun(
  name: string,
  n: number,
  { skill, sharpness = 1, common = 0.7 }: Behaviour,
  { images = 0, noise = 0, seed = 0 }: { images?: number; noise?: number; seed?: number } = {},
): ComparedRun {
  const shared = new Stream(streamKey(images, 'images'));
  const own = new Stream(streamKey(noise, 'noise'));
  const labels = Int32Array.from({ length: n }, () => shared.below(CLASSES));
  const probabilities = new Float64Array(n * CLASSES);
  for (let i = 0; i < n; i++) {
    const row = Array.from({ length: CLASSES }, (_, k) => {
      const z = common * shared.normal() + Math.sqrt(1 - common * common) * own.normal();
      return Math.exp(sharpness * skill * (z + (k === labels[i] ? skill : 0)));
    });
    const sum = row.reduce((total, value) => total + value, 0);
    row.forEach((value, k) => {
      probabilities[i * CLASSES + k] = value / sum;
    });
  }
  return {
    name,
    seed,
    dataset: 'd'.repeat(64),
    cost: { samples: 1, parameters: 62_006, train_seconds: 10, images_per_second: null },
    predicted: {
      indices: Int32Array.from({ length: n }, (_, i) => i),
      labels,
      probabilities,
      nll: Float64Array.from(labels, (label, i) => -Math.log(probabilities[i * CLASSES + label])),
      expectedEntropy: new Float64Array(n),
    },
  };
}

export function madeUpScores(...parameters: Parameters<typeof madeUpRun>): ImageScores {
  return imageScores(madeUpRun(...parameters).predicted);
}

/** The images at `at`, each as often as it is named. */
export function pick(scores: ImageScores, at: readonly number[]): ImageScores {
  const columns = Object.entries(scores).map(([name, values]) => [
    name,
    Float64Array.from(at, (i) => values[i]),
  ]);
  return Object.fromEntries(columns) as unknown as ImageScores;
}

/** `a` with the images of `b` where a flag is set. */
export function blend(a: ImageScores, b: ImageScores, flags: Uint8Array): ImageScores {
  const columns = (Object.keys(a) as (keyof ImageScores)[]).map((name) => [
    name,
    a[name].map((value, i) => (flags[i] === 1 ? b[name][i] : value)),
  ]);
  return Object.fromEntries(columns) as unknown as ImageScores;
}
