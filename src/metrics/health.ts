import { checkCount, metricError } from './check.js';

/**
 * Below this KL a weight, in nats, and with 95 % of the signal-to-noise ratios below `COLLAPSE_SNR`, a layer has fallen
 * back to its prior. A weight with sigma equal to the prior's and |mu| = r sigma has a KL of r^2 / 2.
 */
export const COLLAPSE_KL = 1e-3;
export const COLLAPSE_SNR = 0.1;

/** Standard deviations around 1 / classes within which an accuracy cannot be told from guessing. */
const CHANCE_DEVIATIONS = 3;

/** Whether a layer's posterior has collapsed to its prior: it has learnt nothing from the data. */
export function isCollapsed(layer: { kl: number; weights: number; p95_snr: number }): boolean {
  return layer.kl / layer.weights < COLLAPSE_KL && layer.p95_snr < COLLAPSE_SNR;
}

/** Three standard deviations of the accuracy of guesses: those of a binomial share of n with p = 1 / classes. */
export function chanceBand(images: number, classes: number): number {
  checkCount('chanceBand', 'images', images);
  checkCount('chanceBand', 'classes', classes);
  const p = 1 / classes;
  return CHANCE_DEVIATIONS * Math.sqrt((p * (1 - p)) / images);
}

/** Whether an accuracy lies within `chanceBand` of 1 / classes. */
export function isAtChance(accuracy: number, images: number, classes: number): boolean {
  if (!(accuracy >= 0 && accuracy <= 1)) {
    throw metricError(
      'isAtChance',
      `accuracy must be in [0, 1], got ${accuracy}`,
      'pass a share, not per cent',
    );
  }
  return Math.abs(accuracy - 1 / classes) <= chanceBand(images, classes);
}
