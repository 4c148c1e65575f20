import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import { type SimdKernel, size } from './kernel.js';

interface AdamAttributes {
  betas: readonly [number, number];
  eps: number;
  l2: number;
}

/** Changes `variable`, `first` and `second` where they lie. */
export const AdamUpdate: SimdKernel<AdamAttributes> = {
  name: 'AdamUpdate',
  run({ variable, gradient, first, second, rates }, backend, { betas, eps, l2 }) {
    const addresses = [variable, gradient, first, second, rates].map((info) => backend.address(info));
    const constants = [1 - betas[0], betas[1], 1 - betas[1], eps, l2].map(floatWord);
    backend.dispatch(Op.AdamUpdate, [size(variable), ...addresses, ...constants]);
    return [];
  },
};
