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
export function diverged(at: FoundAt, first: NonFinite | undefined): BayescnnError {
  const found =
    at.nll === undefined
      ? `training: the weights must stay finite, got NaN or infinity after step ${at.step} (epoch ${at.epoch})`
      : `training: the loss must stay finite, got NLL ${at.nll} and KL ${at.kl} at step ${at.step} (epoch ${at.epoch})`;
  return new BayescnnError('failure', first === undefined ? found : `${found}; ${origin(first)}`, {
    hint: 'try a smaller train.optimizer.learningRate, or a smaller model.posterior.sigma',
  });
}

/** Where it began, e.g. `conv1.weight became non-finite first, in the update of step 7`. */
function origin({ step, parameters, largest }: NonFinite): string {
  const more = parameters.length - NAMES;
  const names = parameters.slice(0, NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
  const before = `${largest.value.toPrecision(3)} in ${largest.parameter}`;
  return `the update of step ${step} was the first to give NaN or infinity, in ${names} (largest magnitude before it: ${before})`;
}
