import { BayescnnError } from '../errors.js';

/** How the learning rate moves from step to step. */
export type ScheduleOptions =
  | { readonly kind: 'constant' }
  /** Half a cosine from the peak to `minimum` (default 0) over all steps. */
  | { readonly kind: 'cosine'; readonly minimum?: number };

/**
 * The learning rate of a step, counted from 0 over the whole run. Cosine is the closed form of PyTorch's
 * CosineAnnealingLR stepped once a batch: minimum + (peak - minimum) (1 + cos(pi step / steps)) / 2.
 * @throws BayescnnError 'failure' when step is outside [0, steps]
 */
export function learningRateAt(schedule: ScheduleOptions, peak: number, step: number, steps: number): number {
  if (!(step >= 0 && step <= steps)) {
    throw new BayescnnError('failure', `schedule: step must be in 0..${steps}, got ${step}`, {
      hint: 'give the number of steps of the whole run, over all epochs',
    });
  }
  if (schedule.kind === 'constant' || steps === 0) return peak;
  const minimum = schedule.minimum ?? 0;
  return minimum + ((peak - minimum) * (1 + Math.cos((Math.PI * step) / steps))) / 2;
}
