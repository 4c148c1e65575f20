import type { TensorInfo } from '@tensorflow/tfjs-core';
import { densityConstants, type KernelDensity, LOG_ROOT_TWO_PI } from '../../density.js';
import type { SimdBackend } from '../backend.js';
import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import { optional, type SimdKernel, size } from './kernel.js';
import { NOISE_SCRATCH, type WeightNoiseAttributes } from './SampleWeights.js';

/** Elements behind one partial sum, as in `assembly/prior-kl.ts`. */
const CHUNK = 512;

/** The kernel's kind of density and its four constants. */
function densityWords(density: KernelDensity): number[] {
  const { laplace, constants } = densityConstants(density);
  return [Number(laplace), ...constants.map(floatWord)];
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
