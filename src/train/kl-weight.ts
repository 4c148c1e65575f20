import { BayescnnError } from '../errors.js';
import type { RunLength } from './schedule.js';

/** How the weight of the KL moves from step to step; every kind's mean over its plateau or its epoch is `weight`. */
export type KlOptions =
  | { readonly kind: 'constant'; readonly weight: number }
  /** Rises linearly over the first `warmup` epochs, then stays. */
  | { readonly kind: 'linear'; readonly weight: number; readonly warmup: number }
  /** `cycles` times in the run: rises linearly from 0 over the part `ramp` of a cycle, then stays. */
  | { readonly kind: 'cyclical'; readonly weight: number; readonly cycles: number; readonly ramp: number }
  /** 2^(M - i) / (2^M - 1) of the KL at batch i of an epoch's M. */
  | { readonly kind: 'blundell'; readonly weight: number }
  /** 1 / M of the KL at every batch of an epoch's M. */
  | { readonly kind: 'graves'; readonly weight: number }
  /** A tempered posterior. */
  | { readonly kind: 'tempered'; readonly temperature: number };

/**
 * The factor w of a step, counted from 0 over the whole run, in loss = mean NLL + w KL / N (N training images), so that
 * w = 1 is the ELBO whatever the batch size.
 *
 * - linear: weight min(1, (step + 1) / W) over the W steps of `warmup`.
 * - cyclical (Fu et al. 2019, f linear; they start a cycle at 0): with tau = (step mod ceil(T / C)) / (T / C)
 *   for T steps and C cycles, weight min(1, tau / ramp).
 * - blundell, graves: their papers split the KL over the M batches of an epoch, beside the *sum* of a batch's NLL:
 *   pi_i KL + sum NLL with pi_i of sum 1. Over the batch size N / M that is w = M pi_i, mean 1 over an epoch.
 *   Graves 2011 has pi_i = 1 / M (eq. 8 of Blundell et al. 2015), so w = weight throughout.
 * - tempered (as Wenzel et al. 2020 report of variational methods): w = T, whose optimum is p(D|w)^(1/T) p(w). The cold
 *   posterior exp(-U / T) needs a prior p(w)^(1/T) besides: for a Gaussian prior, sigma times the root of T.
 * @throws BayescnnError 'config' when a run has fewer steps than cycles
 */
export function klWeightAt(kl: KlOptions, step: number, { steps, stepsPerEpoch }: RunLength): number {
  switch (kl.kind) {
    case 'constant':
    case 'graves':
      return kl.weight;
    case 'linear':
      return kl.weight * Math.min(1, (step + 1) / Math.max(1, Math.round(kl.warmup * stepsPerEpoch)));
    case 'cyclical':
      return kl.weight * cycleAt(kl, step, steps);
    case 'blundell':
      return kl.weight * stepsPerEpoch * blundellShare(step % stepsPerEpoch, stepsPerEpoch);
    case 'tempered':
      return kl.temperature;
  }
}

/**
 * Blundell et al. 2015, eq. 9: pi_i = 2^(M - i) / (2^M - 1), here 2^-i / (1 - 2^-M), which cannot overflow;
 * below 2^-1074 (batch 1,075 on) it is 0 in double.
 * @param batch i - 1: counts from 0 within the epoch
 */
export function blundellShare(batch: number, batches: number): number {
  return 2 ** -(batch + 1) / (1 - 2 ** -batches);
}

function cycleAt(
  { cycles, ramp }: Extract<KlOptions, { kind: 'cyclical' }>,
  step: number,
  steps: number,
): number {
  if (cycles > steps) {
    throw new BayescnnError(
      'config',
      `train.kl.cycles: must be at most the run's ${steps} steps, got ${cycles}`,
      { hint: 'use fewer cycles, or more epochs' },
    );
  }
  const period = steps / cycles;
  return Math.min(1, (step % Math.ceil(period)) / period / ramp);
}
