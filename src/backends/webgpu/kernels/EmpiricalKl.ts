import { defineProgram } from '../program.js';
import { LOG, LOG_SOFTPLUS, SOFTPLUS } from '../wgsl/math.js';
import { type GpuKernel, size } from './kernel.js';
import { sum } from './Sum.js';

const MOMENTS = defineProgram('EmpiricalMoments', {
  reads: { mu: 'f32', rho: 'f32' },
  writes: { squares: 'f32', logs: 'f32' },
  include: [SOFTPLUS, LOG_SOFTPLUS],
  each: `
  let sigma = softplus_(rho[i]);
  squares[i] = sigma * sigma + mu[i] * mu[i];
  logs[i] = log_softplus(rho[i], sigma);`,
});

/** The best prior has p^2 = mean(sigma^2 + mu^2); the divergence from it is n ln p - sum of ln sigma. */
const DIVERGENCE = defineProgram('EmpiricalSum', {
  params: { n: 'f32' },
  reads: { variance: 'f32', logs: 'f32' },
  writes: { kl: 'f32', priorSigma: 'f32' },
  include: [LOG],
  each: `
  kl[0] = 0.5 * p.n * log_(variance[0]) - logs[0];
  priorSigma[0] = sqrt(variance[0]);`,
});

/** dMu = mu / p^2, dRho = (sigma / p^2 - 1 / sigma) dsigma / drho. */
const GRADIENT = defineProgram('EmpiricalGrad', {
  reads: { mu: 'f32', rho: 'f32', variance: 'f32' },
  writes: { dMu: 'f32', dRho: 'f32' },
  include: [SOFTPLUS, LOG_SOFTPLUS],
  each: `
  let sigma = softplus_(rho[i]);
  let slope = sigmoid_(rho[i]);
  dMu[i] = mu[i] / variance[0];
  dRho[i] = sigma / variance[0] * slope - log_softplus_slope(rho[i], sigma, slope);`,
});

/** mu, rho -> KL(q || N(0, p^2)) at the best p, its gradients, and p */
export const EmpiricalKl: GpuKernel<unknown> = {
  name: 'EmpiricalKl',
  run({ mu, rho }, backend) {
    const n = size(mu);
    const [kl, dMu, dRho, priorSigma] = [[], mu.shape, mu.shape, []].map((shape) => backend.output(shape));
    const [squares, logs, variance, total] = [n, n, 1, 1].map((length) => backend.allocate(4 * length));
    backend.each(MOMENTS, { mu, rho, squares, logs }, {}, n);
    sum(backend, { terms: squares, total: variance }, n, 1 / n);
    sum(backend, { terms: logs, total }, n);
    backend.each(DIVERGENCE, { variance, logs: total, kl, priorSigma }, { n }, 1);
    backend.each(GRADIENT, { mu, rho, variance, dMu, dRho }, {}, n);
    for (const scratch of [squares, logs, variance, total]) backend.release(scratch);
    return [kl, dMu, dRho, priorSigma];
  },
};
