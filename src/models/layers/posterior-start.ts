import { BayescnnError } from '../../errors.js';
import { normalInit, rhoOf, uniformInit } from '../initialize.js';

interface Common {
  /** The notebook's floor of sigma^2 and x^2; 0 is none. */
  readonly clamp: number;
  /** Means: PyTorch's default U(-1/sqrt(fan_in), 1/sqrt(fan_in)), or N(0, 0.1^2) of the notebook and PyTorch-BayesianCNN. */
  readonly meanInit: 'uniform' | 'normal';
}

/** Every weight starts with the same standard deviation; the default kind. */
export interface ConstantStart extends Common {
  readonly kind?: 'constant';
  readonly sigma: number;
}

/** rho ~ N(rhoMean, rhoStd^2); PyTorch-BayesianCNN has N(-5, 0.1^2), which is sigma about 0.0067. */
export interface NormalStart extends Common {
  readonly kind: 'normal' | 'pytorch-bayesiancnn';
  readonly rhoMean: number;
  readonly rhoStd: number;
}

/** rho ~ U(rhoLow, rhoHigh); the notebook has U(-3, 3), which is sigma about 0.98 on average. */
export interface UniformStart extends Common {
  readonly kind: 'notebook';
  readonly rhoLow: number;
  readonly rhoHigh: number;
}

/** How the posterior starts, and its clamp. */
export type PosteriorOptions = ConstantStart | NormalStart | UniformStart;

/** A parameter that is to be filled. */
interface Target {
  readonly size: number;
  readonly seed: number;
  /** Names its random stream. */
  readonly name: string;
}

/** Standard deviation of normal initial means, in the notebook and in PyTorch-BayesianCNN. */
const MEAN_STD = 0.1;

/** First means, in PyTorch's order. @param bound of uniform ones */
export function initialMeans(
  { size, seed, name }: Target,
  bound: number,
  { meanInit }: PosteriorOptions,
): Float32Array {
  return meanInit === 'normal'
    ? normalInit(size, seed, name, MEAN_STD)
    : uniformInit(size, seed, name, -bound, bound);
}

/** First rhos, in PyTorch's order. @throws BayescnnError 'config' for a constant sigma that is not positive */
export function initialRho({ size, seed, name }: Target, posterior: PosteriorOptions): Float32Array {
  switch (posterior.kind) {
    case 'normal':
    case 'pytorch-bayesiancnn':
      return normalInit(size, seed, name, posterior.rhoStd, posterior.rhoMean);
    case 'notebook':
      return uniformInit(size, seed, name, posterior.rhoLow, posterior.rhoHigh);
    default:
      return constantRho(size, name, posterior.sigma);
  }
}

function constantRho(size: number, name: string, sigma: number): Float32Array {
  if (!(sigma > 0 && Number.isFinite(sigma))) {
    throw new BayescnnError('config', `${name}: posterior sigma must be positive, got ${sigma}`, {
      hint: 'try 0.05 or 0.02',
    });
  }
  return new Float32Array(size).fill(rhoOf(sigma));
}
