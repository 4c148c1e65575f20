import { defineProgram } from '../program.js';
import { type GpuKernel, size } from './kernel.js';

interface AdamAttributes {
  betas: readonly [number, number];
  eps: number;
  l2: number;
}

/**
 * As torch.optim.Adam: g += l2 w; m = lerp(m, g, 1 - beta1), from the nearer end; v = beta2 v + (1 - beta2) g^2;
 * w = keep w - stepSize m / (sqrt(v) / root + eps) with rates = [stepSize, root, keep].
 */
const ADAM = defineProgram('AdamUpdate', {
  params: { weight: 'f32', beta2: 'f32', fresh: 'f32', eps: 'f32', l2: 'f32' },
  reads: { gradient: 'f32', rates: 'f32' },
  writes: { variable: 'f32', first: 'f32', second: 'f32' },
  each: `
  let w = variable[i];
  let g = gradient[i] + p.l2 * w;
  let old = first[i];
  let m = select(g - (g - old) * (1.0 - p.weight), old + (g - old) * p.weight, p.weight < 0.5);
  let v = p.beta2 * second[i] + p.fresh * g * g;
  first[i] = m;
  second[i] = v;
  variable[i] = rates[2] * w - rates[0] * (m / (sqrt(v) / rates[1] + p.eps));`,
});

/** Changes `variable`, `first` and `second` where they lie. */
export const AdamUpdate: GpuKernel<AdamAttributes> = {
  name: 'AdamUpdate',
  run({ variable, gradient, first, second, rates }, backend, { betas, eps, l2 }) {
    const params = { weight: 1 - betas[0], beta2: betas[1], fresh: 1 - betas[1], eps, l2 };
    backend.each(ADAM, { variable, gradient, first, second, rates }, params, size(variable));
    return [];
  },
};
