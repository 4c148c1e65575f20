import { Op } from '../opcodes.js';
import { type SimdKernel, size } from './kernel.js';

/** x -> y = log(1 + e^x), and its slope */
export const SoftplusActivation: SimdKernel<unknown> = {
  name: 'SoftplusActivation',
  run({ x }, backend) {
    const outputs = [backend.output(x.shape), backend.output(x.shape)];
    const addresses = [x, ...outputs].map((info) => backend.address(info));
    backend.dispatch(Op.SoftplusActivation, [size(x), ...addresses]);
    return outputs;
  },
};
