import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import { optional, type SimdKernel, size } from './kernel.js';
import { NOISE_SCRATCH, type WeightNoiseAttributes } from './SampleWeights.js';

/** Elements behind one partial sum, as in `assembly/prior-kl.ts`. */
const CHUNK = 512;
const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** A density over weights; the same data as `Density` of src/ops, which lies above this layer. */
export type KernelDensity =
  | { kind: 'gaussian'; sigma: number }
  | { kind: 'scale-mixture'; pi: number; sigma1: number; sigma2: number }
  | { kind: 'laplace'; scale: number };

/** The kernel's kind of density and its four constants; log sqrt(2 pi) of log q is in the first. */
export function densityWords(density: KernelDensity): number[] {
  if (density.kind === 'laplace') {
    const { scale } = density;
    return [1, ...[LOG_ROOT_TWO_PI - Math.log(2 * scale), 1 / scale, 0, 0].map(floatWord)];
  }
  // A single Gaussian is a mixture whose second component weighs nothing.
  const { pi, sigma1, sigma2 } = density.kind === 'gaussian' ? single(density.sigma) : density;
  const first = { weight: Math.log(pi), sigma: sigma1 };
  const second = { weight: pi === 1 ? -1e30 : Math.log1p(-pi), sigma: sigma2 };
  const [wide, narrow] = sigma1 >= sigma2 ? [first, second] : [second, first];
  const level = wide.weight - Math.log(wide.sigma);
  const half = 1 / (2 * wide.sigma ** 2);
  const excess = [narrow.weight - Math.log(narrow.sigma) - level, 1 / (2 * narrow.sigma ** 2) - half];
  return [0, ...[level, half, ...excess].map(floatWord)];
}

function single(sigma: number): { pi: number; sigma1: number; sigma2: number } {
  return { pi: 1, sigma1: sigma, sigma2: sigma };
}

/** A divergence's outputs [kl, dMu, dRho], summed from the partial sums that `first` leaves. */
function chunked(
  backend: SimdBackend,
  { mu, rho }: Record<string, TensorInfo>,
  first: (addresses: { inputs: number[]; outputs: number[] }) => void,
): TensorInfo[] {
  const n = size(mu);
  const kl = backend.output([]);
  const [dMu, dRho] = [backend.output(mu.shape), backend.output(mu.shape)];
  const partials = backend.allocate(8 * Math.ceil(n / CHUNK));
  const inputs = [n, backend.address(mu), backend.address(rho)];
  first({ inputs, outputs: [backend.address(dMu), backend.address(dRho), partials] });
  backend.dispatch(Op.GaussianVariationalSum, [n, partials, backend.address(kl)]);
  backend.release(partials);
  return [kl, dMu, dRho];
}

/** mu, rho, clock or epsilon or neither -> log q(w) - log p(w), and its gradients */
export const SampledKl: SimdKernel<WeightNoiseAttributes & { density: KernelDensity }> = {
  name: 'SampledKl',
  run({ mu, rho, clock, epsilon }, backend, { key0, key1, density }) {
    const noise = [optional(backend, clock), optional(backend, epsilon), key0 | 0, key1 | 0];
    return chunked(backend, { mu, rho }, ({ inputs, outputs }) => {
      const words = [...inputs, ...noise, ...densityWords(density), ...outputs];
      backend.dispatch(Op.SampledKl, words, NOISE_SCRATCH);
    });
  },
};

/** mu, rho -> KL(q || Laplace(0, scale)), and its gradients */
export const LaplaceKl: SimdKernel<{ scale: number }> = {
  name: 'LaplaceKl',
  run: ({ mu, rho }, backend, { scale }) =>
    chunked(backend, { mu, rho }, ({ inputs, outputs }) => {
      const offset = Math.log(2 * scale) - LOG_ROOT_TWO_PI - 0.5;
      backend.dispatch(Op.LaplaceKl, [...inputs, floatWord(1 / scale), floatWord(offset), ...outputs]);
    }),
};

/** mu, rho -> KL(q || N(0, p^2)) at the best p, its gradients, and p */
export const EmpiricalKl: SimdKernel<unknown> = {
  name: 'EmpiricalKl',
  run({ mu, rho }, backend) {
    const n = size(mu);
    const [kl, priorSigma] = [backend.output([]), backend.output([])];
    const [dMu, dRho] = [backend.output(mu.shape), backend.output(mu.shape)];
    const partials = backend.allocate(16 * Math.ceil(n / CHUNK));
    const inputs = [n, backend.address(mu), backend.address(rho)];
    const sigmaAt = backend.address(priorSigma);
    backend.dispatch(Op.EmpiricalMoments, [...inputs, partials]);
    backend.dispatch(Op.EmpiricalSum, [n, partials, backend.address(kl), sigmaAt]);
    backend.dispatch(Op.EmpiricalGrad, [...inputs, sigmaAt, backend.address(dMu), backend.address(dRho)]);
    backend.release(partials);
    return [kl, dMu, dRho, priorSigma];
  },
};
