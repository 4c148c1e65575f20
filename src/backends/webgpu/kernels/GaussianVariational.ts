import { defineProgram } from '../program.js';
import { LOG_SOFTPLUS, SOFTPLUS } from '../wgsl/math.js';
import { type GpuKernel, size } from './kernel.js';
import { sum } from './Sum.js';

interface VariationalAttributes {
  priorSigma: number;
  clamp: number;
}

/** sigma = softplus(rho); KL(N(mu, sigma^2) || N(0, p^2)) without its constant (Kingma & Welling 2014, appendix B). */
const VARIATIONAL = defineProgram('GaussianVariational', {
  params: { half: 'f32', clamp: 'f32' },
  reads: { mu: 'f32', rho: 'f32' },
  writes: { variance: 'f32', slope: 'f32', terms: 'f32' },
  include: [SOFTPLUS, LOG_SOFTPLUS],
  each: `
  let sigma = softplus_(rho[i]);
  variance[i] = max(sigma * sigma, p.clamp);
  slope[i] = sigmoid_(rho[i]);
  terms[i] = (sigma * sigma + mu[i] * mu[i]) * p.half - log_softplus(rho[i], sigma);`,
});

/** mu, rho -> variance, kl (scalar), slope = d sigma / d rho */
export const GaussianVariational: GpuKernel<VariationalAttributes> = {
  name: 'GaussianVariational',
  run({ mu, rho }, backend, { priorSigma, clamp }) {
    const n = size(mu);
    const [variance, kl, slope] = [mu.shape, [], mu.shape].map((shape) => backend.output(shape));
    const terms = backend.allocate(4 * n);
    const half = 1 / (2 * priorSigma * priorSigma);
    backend.each(VARIATIONAL, { mu, rho, variance, slope, terms }, { half, clamp }, n);
    sum(backend, { terms, total: kl }, n, 1, n * (Math.log(priorSigma) - 0.5));
    backend.release(terms);
    return [variance, kl, slope];
  },
};

/** dMu = dKl mu / p^2; dRho = (2 sigma dVariance [sigma^2 >= clamp] + dKl (sigma / p^2 - 1 / sigma)) slope. */
const GRADIENT = defineProgram('GaussianVariationalGrad', {
  params: { inverse: 'f32', clamp: 'f32' },
  reads: { mu: 'f32', rho: 'f32', dVariance: 'f32', dKl: 'f32' },
  writes: { dMu: 'f32', dRho: 'f32' },
  include: [SOFTPLUS, LOG_SOFTPLUS],
  each: `
  let sigma = softplus_(rho[i]);
  let slope = sigmoid_(rho[i]);
  let data = select(0.0, 2.0 * sigma * dVariance[i], sigma * sigma >= p.clamp);
  let prior = sigma * p.inverse * slope - log_softplus_slope(rho[i], sigma, slope);
  dMu[i] = dKl[0] * mu[i] * p.inverse;
  dRho[i] = data * slope + dKl[0] * prior;`,
});

/** dVariance, dKl (scalar), mu, rho -> dMu, dRho */
export const GaussianVariationalGrad: GpuKernel<VariationalAttributes> = {
  name: 'GaussianVariationalGrad',
  run({ dVariance, dKl, mu, rho }, backend, { priorSigma, clamp }) {
    const [dMu, dRho] = [backend.output(mu.shape), backend.output(mu.shape)];
    const params = { inverse: 1 / (priorSigma * priorSigma), clamp };
    backend.each(GRADIENT, { mu, rho, dVariance, dKl, dMu, dRho }, params, size(mu));
    return [dMu, dRho];
  },
};
