import { BayescnnError } from '../errors.js';
import type { NonFinite } from './trail.js';

/** The step (counted from 1) at which a run was found to have diverged; with its loss where that told. */
interface FoundAt {
  readonly step: number;
  readonly epoch: number;
  readonly nll?: number;
  readonly kl?: number;
}

/** More names than this say no more. */
const NAMES = 4;

/** The error of a run whose loss or weights are no longer finite: where it was found, and where it began. */
export function diverged(at: FoundAt, first: NonFinite): BayescnnError {
  const found =
    at.nll === undefined
      ? `training: the weights must stay finite, got NaN or infinity after step ${at.step} (epoch ${at.epoch})`
      : `training: the loss must stay finite, got NLL ${at.nll} and KL ${at.kl} at step ${at.step} (epoch ${at.epoch})`;
  return new BayescnnError('failure', `${found}; ${origin(first)}`, {
    hint: 'try a smaller train.optimizer.learningRate, or a smaller model.posterior.sigma',
  });
}

/** Where it began: the first parameters that are not finite, or what made the loss alone overflow. */
function origin({ step, parameters, largest }: NonFinite): string {
  const before = `${largest.value.toPrecision(3)} in ${largest.parameter}`;
  if (parameters.length === 0) return `all weights are finite; the largest before that step was ${before}`;
  const more = parameters.length - NAMES;
  const names = parameters.slice(0, NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `the update of step ${step} gave the first, in ${names}; the largest weight before it was ${before}`;
}
