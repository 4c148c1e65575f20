import { defineProgram } from '../program.js';
import { SOFTPLUS } from '../wgsl/math.js';
import { type GpuKernel, size } from './kernel.js';
import { weightNoise, withNoise } from './Noise.js';

export interface WeightNoiseAttributes {
  key0: number;
  key1: number;
  /** Image of the batch whose weights these are; -1: one draw for all. */
  image: number;
}

const SAMPLE = defineProgram('SampleWeights', {
  params: { means: 'u32' },
  reads: { mu: 'f32', rho: 'f32', epsilon: 'f32' },
  writes: { w: 'f32', slope: 'f32' },
  include: [SOFTPLUS],
  each: `
  let mean = select(0.0, mu[select(0u, i, p.means != 0u)], p.means != 0u);
  w[i] = mean + softplus_(rho[i]) * epsilon[i];
  slope[i] = sigmoid_(rho[i]) * epsilon[i];`,
});

/** mu?, rho, clock or epsilon -> w = mu + softplus(rho) epsilon, and dw / drho (Blundell et al. 2015, section 3.2) */
export const SampleWeights: GpuKernel<WeightNoiseAttributes> = {
  name: 'SampleWeights',
  run({ mu, rho, clock, epsilon }, backend, attributes) {
    const n = size(rho);
    const [w, slope] = [backend.output(rho.shape), backend.output(rho.shape)];
    const draw = (at: typeof rho) => weightNoise(backend, at, attributes, n, attributes.image);
    const params = { means: Number(mu !== undefined) };
    withNoise(backend, { clock, epsilon }, draw, (noise) =>
      backend.each(SAMPLE, { mu, rho, epsilon: noise, w, slope }, params, n),
    );
    return [w, slope];
  },
};
