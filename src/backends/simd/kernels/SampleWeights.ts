import { Op } from '../opcodes.js';
import { optional, type SimdKernel, size } from './kernel.js';

export interface WeightNoiseAttributes {
  key0: number;
  key1: number;
  /** Image of the batch whose weights these are; -1: one draw for all. */
  image: number;
}

/** Bytes of the key schedule and a block of draws, as in `assembly/weights.ts`. */
export const NOISE_SCRATCH = 512;

/** mu?, rho, clock or epsilon -> w = mu + softplus(rho) epsilon, and dw / drho */
export const SampleWeights: SimdKernel<WeightNoiseAttributes> = {
  name: 'SampleWeights',
  run({ mu, rho, clock, epsilon }, backend, { key0, key1, image }) {
    const w = backend.output(rho.shape);
    const slope = backend.output(rho.shape);
    const sources = [optional(backend, mu), backend.address(rho)];
    const noise = [optional(backend, clock), optional(backend, epsilon), key0 | 0, key1 | 0, image];
    const words = [size(rho), ...sources, ...noise, backend.address(w), backend.address(slope)];
    backend.dispatch(Op.SampleWeights, words, NOISE_SCRATCH);
    return [w, slope];
  },
};
