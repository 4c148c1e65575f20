import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import { type SimdKernel, size } from './kernel.js';

interface SgdAttributes {
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
  first: boolean;
}

/** Changes `variable` and `velocity` where they lie. */
export const SgdUpdate: SimdKernel<SgdAttributes> = {
  name: 'SgdUpdate',
  run(
    { variable, gradient, velocity, learningRate },
    backend,
    { momentum, dampening, weightDecay, nesterov, first },
  ) {
    const addresses = [variable, gradient, velocity, learningRate].map((info) => backend.address(info));
    const constants = [momentum, dampening, weightDecay].map(floatWord);
    // Without dampening the general rule gives v = g at the first step by itself (v starts at 0).
    const special = first && dampening !== 0;
    backend.dispatch(Op.SgdUpdate, [
      size(variable),
      ...addresses,
      ...constants,
      Number(nesterov),
      Number(special),
    ]);
    return [];
  },
};
