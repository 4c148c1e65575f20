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
export class Diverged extends BayescnnError {
  constructor(
    message: string,
    hint: string,
    /** The epoch in which it happened. */
    readonly epoch: number,
    readonly first: NonFinite,
    readonly likelyCause: string,
  ) {
    super('failure', message, { hint });
  }
}

/** Makes the error. */
export function diverged(at: FoundAt, first: NonFinite): Diverged {
  const found =
    at.nll === undefined
      ? `training: the weights must stay finite, got NaN or infinity after step ${at.step} (epoch ${at.epoch})`
      : `training: the loss must stay finite, got NLL ${at.nll} and KL ${at.kl} at step ${at.step} (epoch ${at.epoch})`;
  const { cause, hint } = likelyCause(first);
  const message = `${found}; ${origin(first)}; likely cause: ${cause}`;
  return new Diverged(message, hint, at.epoch, first, cause);
}

/** A weight of this size is no result of training: the usual ones are below 10. */
const GROWN = 1000;
/** A rho above this has a sigma of as much. */
const WIDE = 20;

/** What most often lies behind such numbers, and what to do about it. */
function likelyCause({ parameters, largest }: NonFinite): { cause: string; hint: string } {
  const slower = 'try a smaller train.optimizer.learningRate';
  if (largest.parameter.endsWith('_rho') && largest.value > WIDE) {
    const cause = 'the standard deviations of the posterior grow without bound';
    return { cause, hint: `${slower}, or a smaller model.posterior.sigma` };
  }
  if (largest.value > GROWN) {
    return { cause: 'the weights had grown too large before, by too large a learning rate', hint: slower };
  }
  if (parameters.some((name) => name.endsWith('.exp_avg_sq'))) {
    return { cause: "a gradient whose square exceeds float32's range", hint: `${slower}, or optimizer sgd` };
  }
  if (parameters.length > 0) {
    const cause = 'a gradient that is not finite, or too large an update';
    return { cause, hint: `${slower}, or a smaller model.posterior.sigma` };
  }
  return {
    cause: "the loss exceeds float32's range with weights of usual size",
    hint: 'check data.normalize, or try a smaller model.posterior.sigma',
  };
}

/** Where it began: the first parameters that are not finite, or what made the loss alone overflow. */
function origin({ step, parameters, largest }: NonFinite): string {
  const before = `${largest.value.toPrecision(3)} in ${largest.parameter}`;
  if (parameters.length === 0) return `all weights are finite; the largest before that step was ${before}`;
  const more = parameters.length - NAMES;
  const names = parameters.slice(0, NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `the update of step ${step} gave the first, in ${names}; the largest weight before it was ${before}`;
}
