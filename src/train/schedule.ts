import { BayescnnError } from '../errors.js';

/** The course of the learning rate once it is warm. */
type Course =
  | { readonly kind: 'constant' }
  /** Times `gamma` after every `every` epochs, or after each of the `milestones`: epochs of the whole run. */
  | {
      readonly kind: 'step';
      readonly every: number | null;
      readonly milestones: readonly number[];
      readonly gamma: number;
    }
  /** Half a cosine from the peak to `to` (default 0). */
  | { readonly kind: 'cosine'; readonly to?: number }
  /** Half a cosine up from peak / divFactor in the first `pctStart` of the steps, then one down. */
  | {
      readonly kind: 'one-cycle';
      readonly pctStart: number;
      readonly divFactor: number;
      readonly finalDivFactor: number;
    };

/** How the learning rate moves from step to step. */
export type ScheduleOptions = Course & {
  /** Epochs, or a part of one, of linear rise before cosine and one-cycle begin; constant and step run under it. */
  readonly warmup?: number;
};

/** How long a run is. */
export interface RunLength {
  /** Over all epochs. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/**
 * The learning rate of a step, counted from 0 over the whole run; the closed forms of PyTorch's schedulers:
 * StepLR, MultiStepLR (stepped once an epoch), CosineAnnealingLR, OneCycleLR (two phases, stepped once a batch).
 * Warm-up is LinearLR with start_factor 1 / (W + 1) over its W steps, cosine and one-cycle following it as in
 * SequentialLR: the rates 1, 2, ... W (W + 1)ths of the course, never 0.
 * @throws BayescnnError 'failure' when step is outside [0, steps]
 */
export function learningRateAt(
  schedule: ScheduleOptions,
  peak: number,
  step: number,
  length: RunLength,
): number {
  const { steps, stepsPerEpoch } = length;
  if (!(step >= 0 && step <= steps)) {
    throw new BayescnnError('failure', `schedule: step must be in 0..${steps}, got ${step}`, {
      hint: 'give the number of steps of the whole run, over all epochs',
    });
  }
  const warm = Math.round((schedule.warmup ?? 0) * stepsPerEpoch);
  const rate = warmRate(schedule, peak, step, warm, length);
  return step < warm ? (rate * (step + 1)) / (warm + 1) : rate;
}

function warmRate(
  schedule: Course,
  peak: number,
  step: number,
  warm: number,
  { steps, stepsPerEpoch }: RunLength,
): number {
  if (schedule.kind === 'constant') return peak;
  if (schedule.kind === 'step') return peak * schedule.gamma ** decays(schedule, step, stepsPerEpoch);
  const [at, all] = [Math.max(0, step - warm), steps - warm];
  if (schedule.kind === 'one-cycle') return oneCycle(schedule, peak, at, all);
  return all <= 0 ? peak : halfCosine(peak, schedule.to ?? 0, at, all);
}

/** Half a cosine from `start` at step 0 to `end` at step `steps`. */
function halfCosine(start: number, end: number, step: number, steps: number): number {
  return end + ((start - end) * (1 + Math.cos((Math.PI * step) / steps))) / 2;
}

/** How often the rate of a step schedule has dropped. */
function decays(
  { every, milestones }: Extract<Course, { kind: 'step' }>,
  step: number,
  stepsPerEpoch: number,
): number {
  const epoch = Math.floor(step / stepsPerEpoch);
  return every === null
    ? milestones.filter((milestone) => milestone <= epoch).length
    : Math.floor(epoch / every);
}

/** Smith & Topin 2018; torch OneCycleLR counts the top at pctStart * steps - 1, the end at steps - 1. */
function oneCycle(
  { pctStart, divFactor, finalDivFactor }: Extract<Course, { kind: 'one-cycle' }>,
  peak: number,
  step: number,
  steps: number,
): number {
  const [initial, top] = [peak / divFactor, Math.max(0, pctStart * steps - 1)];
  if (step < top) return halfCosine(initial, peak, step, top);
  const fall = steps - 1 - top;
  return fall <= 0 ? peak : halfCosine(peak, initial / finalDivFactor, Math.min(step - top, fall), fall);
}
