import { defineProgram } from '../program.js';
import { type GpuKernel, size } from './kernel.js';

interface SgdAttributes {
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
  first: boolean;
}

/** As torch.optim.SGD: g += decay w; v = momentum v + (1 - dampening) g (v = g at the first step); w -= rate (nesterov ? g + momentum v : v). */
const SGD = defineProgram('SgdUpdate', {
  params: { momentum: 'f32', fresh: 'f32', weightDecay: 'f32', nesterov: 'u32', first: 'u32' },
  reads: { gradient: 'f32', learningRate: 'f32' },
  writes: { variable: 'f32', velocity: 'f32' },
  each: `
  let g = gradient[i] + p.weightDecay * variable[i];
  var direction = g;
  if (p.momentum != 0.0) {
    let v = select(p.momentum * velocity[i] + p.fresh * g, g, p.first != 0u);
    velocity[i] = v;
    direction = select(v, g + p.momentum * v, p.nesterov != 0u);
  }
  variable[i] -= learningRate[0] * direction;`,
});

/** Changes `variable` and `velocity` where they lie. */
export const SgdUpdate: GpuKernel<SgdAttributes> = {
  name: 'SgdUpdate',
  run(inputs, backend, { momentum, dampening, weightDecay, nesterov, first }) {
    const { variable, gradient, velocity, learningRate } = inputs;
    const flags = { nesterov: Number(nesterov), first: Number(first && dampening !== 0) };
    const params = { momentum, fresh: 1 - dampening, weightDecay, ...flags };
    backend.each(SGD, { variable, gradient, velocity, learningRate }, params, size(variable));
    return [];
  },
};
