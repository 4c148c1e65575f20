import { defineProgram } from '../program.js';
import { SOFTPLUS } from '../wgsl/math.js';
import { type GpuKernel, size } from './kernel.js';

const ACTIVATION = defineProgram('SoftplusActivation', {
  reads: { x: 'f32' },
  writes: { y: 'f32', slope: 'f32' },
  include: [SOFTPLUS],
  each: `
  y[i] = softplus_(x[i]);
  slope[i] = sigmoid_(x[i]);`,
});

/** x -> y = log(1 + e^x), and its slope */
export const SoftplusActivation: GpuKernel<unknown> = {
  name: 'SoftplusActivation',
  run({ x }, backend) {
    const [y, slope] = [backend.output(x.shape), backend.output(x.shape)];
    backend.each(ACTIVATION, { x, y, slope }, {}, size(x));
    return [y, slope];
  },
};
