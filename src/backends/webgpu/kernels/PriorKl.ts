import type { TensorInfo } from '@tensorflow/tfjs-core';
import { densityConstants, type KernelDensity, LOG_ROOT_TWO_PI } from '../../density.js';
import type { WebgpuBackend } from '../backend.js';
import { defineProgram } from '../program.js';
import { ERF, LOG_SOFTPLUS, SOFTPLUS } from '../wgsl/math.js';
import { type GpuKernel, size } from './kernel.js';
import { weightNoise, withNoise } from './Noise.js';
import type { WeightNoiseAttributes } from './SampleWeights.js';
import { sum } from './Sum.js';

/**
 * log q(w) - log p(w) at w = mu + sigma eps, and its slopes; `a` holds log sqrt(2 pi) of log q too.
 * Mixture: log p = a - b w^2 + softplus(c - d w^2), anchored at the wider component. Laplace: log p = a - b |w|.
 */
const SAMPLED = defineProgram('SampledKl', {
  params: { drawn: 'u32', laplace: 'u32', a: 'f32', b: 'f32', c: 'f32', d: 'f32' },
  reads: { mu: 'f32', rho: 'f32', epsilon: 'f32' },
  writes: { dMu: 'f32', dRho: 'f32', terms: 'f32' },
  include: [SOFTPLUS, LOG_SOFTPLUS],
  each: `
  let eps = select(0.0, epsilon[select(0u, i, p.drawn != 0u)], p.drawn != 0u);
  let sigma = softplus_(rho[i]);
  let slope = sigmoid_(rho[i]);
  let w = mu[i] + sigma * eps;
  var log_prior = p.a - p.b * abs(w);
  var push = p.b * sign(w);
  if (p.laplace == 0u) {
    let excess = p.c - p.d * w * w;
    log_prior = p.a - p.b * w * w + softplus_(excess);
    push = 2.0 * w * (p.b + sigmoid_(excess) * p.d);
  }
  terms[i] = -(log_softplus(rho[i], sigma) + 0.5 * eps * eps) - log_prior;
  dMu[i] = push;
  dRho[i] = push * eps * slope - log_softplus_slope(rho[i], sigma, slope);`,
});

/** Outputs of a divergence, and room for its elements' terms. */
function results(backend: WebgpuBackend, mu: TensorInfo) {
  const [kl, dMu, dRho] = [[], mu.shape, mu.shape].map((shape) => backend.output(shape));
  return { kl, dMu, dRho, terms: backend.allocate(4 * size(mu)) };
}

/** mu, rho, clock or epsilon or neither -> log q(w) - log p(w), and its gradients */
export const SampledKl: GpuKernel<WeightNoiseAttributes & { density: KernelDensity }> = {
  name: 'SampledKl',
  run({ mu, rho, clock, epsilon }, backend, { density, ...noise }) {
    const n = size(mu);
    const { kl, dMu, dRho, terms } = results(backend, mu);
    const { laplace, constants } = densityConstants(density);
    const [a, b, c, d] = constants;
    const drawn = Number(clock !== undefined || epsilon !== undefined);
    const params = { drawn, laplace: Number(laplace), a, b, c, d };
    const draw = (at: TensorInfo) => weightNoise(backend, at, noise, n, -1);
    withNoise(backend, { clock, epsilon }, draw, (of) =>
      backend.each(SAMPLED, { mu, rho, epsilon: of, dMu, dRho, terms }, params, n),
    );
    sum(backend, { terms, total: kl }, n);
    backend.release(terms);
    return [kl, dMu, dRho];
  },
};

/**
 * KL(N(mu, sigma^2) || Laplace(0, b)) without its constant: E|w| / b - ln sigma, E|w| = sigma sqrt(2 / pi)
 * exp(-mu^2 / (2 sigma^2)) + mu erf(mu / (sigma sqrt 2)). Beyond 1e4 standard deviations all is saturated, and the square must
 * not overflow.
 */
const LAPLACE = defineProgram('LaplaceKl', {
  params: { inverse: 'f32' },
  reads: { mu: 'f32', rho: 'f32' },
  writes: { dMu: 'f32', dRho: 'f32', terms: 'f32' },
  include: [SOFTPLUS, LOG_SOFTPLUS, ERF],
  each: `
  let sigma = softplus_(rho[i]);
  let slope = sigmoid_(rho[i]);
  let z = clamp(mu[i] * 0.70710678 / sigma, -1e4, 1e4);
  let density = exp_(-z * z);
  let tilt = erf_(z, density);
  let bell = density * 0.79788456;
  terms[i] = (sigma * bell + mu[i] * tilt) * p.inverse - log_softplus(rho[i], sigma);
  dMu[i] = tilt * p.inverse;
  dRho[i] = bell * p.inverse * slope - log_softplus_slope(rho[i], sigma, slope);`,
});

/** mu, rho -> KL(q || Laplace(0, scale)), and its gradients */
export const LaplaceKl: GpuKernel<{ scale: number }> = {
  name: 'LaplaceKl',
  run({ mu, rho }, backend, { scale }) {
    const n = size(mu);
    const { kl, dMu, dRho, terms } = results(backend, mu);
    backend.each(LAPLACE, { mu, rho, dMu, dRho, terms }, { inverse: 1 / scale }, n);
    sum(backend, { terms, total: kl }, n, 1, n * (Math.log(2 * scale) - LOG_ROOT_TWO_PI - 0.5));
    backend.release(terms);
    return [kl, dMu, dRho];
  },
};
