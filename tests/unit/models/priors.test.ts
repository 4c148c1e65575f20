import { beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, tf } from '../../../src/backends/tfjs.js';
import {
  createPrior,
  GaussianPosterior,
  GaussianPrior,
  LaplacePrior,
  LearnedGaussianPrior,
  type PriorOptions,
  ScaleMixturePrior,
} from '../../../src/models/index.js';
import { empiricalKl, laplaceKl, sampledKl } from '../../../src/ops/index.js';
import { Stream, streamKey } from '../../../src/rng.js';

beforeAll(async () => {
  await loadTfjs();
  await tf.setBackend('cpu');
});

const SAMPLES = 100_000;
const noNoise = () => {
  throw new Error('a closed divergence draws nothing');
};
const rhoOf = (sigma: number) => Math.log(Math.expm1(sigma));
const one = (value: number) => tf.tensor1d([value]);
const kl = (prior: PriorOptions, mu: number, sigma: number) =>
  createPrior(prior)
    .kl(one(mu), one(rhoOf(sigma)), noNoise)
    .dataSync()[0];

const logNormal = (w: number, mu: number, sigma: number) =>
  -0.5 * ((w - mu) / sigma) ** 2 - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI);
const logLaplace = (w: number, scale: number) => -Math.abs(w) / scale - Math.log(2 * scale);

/** The mean of log q - log p over draws of q, in double precision, and its standard error. */
function monteCarlo(mu: number, sigma: number, logPrior: (w: number) => number) {
  const stream = new Stream(streamKey(8, 'monte carlo'));
  let [sum, squares] = [0, 0];
  for (let i = 0; i < SAMPLES; i++) {
    const w = mu + sigma * stream.normal();
    const value = logNormal(w, mu, sigma) - logPrior(w);
    sum += value;
    squares += value * value;
  }
  const mean = sum / SAMPLES;
  return { mean, error: Math.sqrt((squares / SAMPLES - mean * mean) / SAMPLES) };
}

describe('closed divergences against 100,000 samples', () => {
  const POSTERIORS = [
    [0, 0.5],
    [0.3, 0.05],
    [-1.2, 0.4],
    [2, 1.5],
    [0.01, 0.02],
  ];

  it.each(POSTERIORS)('from a Gaussian: q = N(%d, %d^2)', (mu, sigma) => {
    const { mean, error } = monteCarlo(mu, sigma, (w) => logNormal(w, 0, 0.2));
    const closed = kl({ kind: 'gaussian', sigma: 0.2 }, mu, sigma);
    expect(Math.abs(closed / mean - 1)).toBeLessThan(0.01);
    expect(Math.abs(closed - mean)).toBeLessThan(4 * error);
  });

  it.each(POSTERIORS)('from a Laplace: q = N(%d, %d^2)', (mu, sigma) => {
    const { mean, error } = monteCarlo(mu, sigma, (w) => logLaplace(w, 0.2));
    const closed = kl({ kind: 'laplace', scale: 0.2 }, mu, sigma);
    expect(Math.abs(closed / mean - 1)).toBeLessThan(0.01);
    expect(Math.abs(closed - mean)).toBeLessThan(4 * error);
  });

  it.each([
    ['scale-mixture', { kind: 'scale-mixture', pi: 0.3, sigma1: 1, sigma2: 0.05 }],
    ['gaussian', { kind: 'gaussian', sigma: 0.2 }],
    ['laplace', { kind: 'laplace', scale: 0.2 }],
  ] as const)('the drawn estimate of %s has the mean of them all', (_kind, density) => {
    const [mu, sigma, n] = [0.15, 0.2, 50_000];
    const logPrior = (w: number) => {
      if (density.kind === 'laplace') return logLaplace(w, density.scale);
      if (density.kind === 'gaussian') return logNormal(w, 0, density.sigma);
      const parts = [
        density.pi * Math.exp(logNormal(w, 0, density.sigma1)),
        (1 - density.pi) * Math.exp(logNormal(w, 0, density.sigma2)),
      ];
      return Math.log(parts[0] + parts[1]);
    };
    const { mean, error } = monteCarlo(mu, sigma, logPrior);
    const clock = tf.tensor1d([0, 0, 0, 0], 'int32');
    const noise = { clock, key: streamKey(1, 'posterior') };
    const drawn = sampledKl(tf.fill([n], mu), tf.fill([n], rhoOf(sigma)), density, noise).dataSync()[0] / n;
    const spread = error * Math.sqrt(SAMPLES);
    expect(Math.abs(drawn - mean)).toBeLessThan(4 * spread * Math.sqrt(1 / n + 1 / SAMPLES));
  });
});

describe('the divergence', () => {
  it.each([0.01, 0.3, 2])('of a prior of width %d from itself is zero', (sigma) => {
    expect(Math.abs(kl({ kind: 'gaussian', sigma }, 0, sigma))).toBeLessThan(1e-6);
    expect(Math.abs(kl({ kind: 'gaussian', sigma: 1, learned: true }, 0, sigma))).toBeLessThan(1e-6);
  });

  it('is KL(q || p), not KL(p || q)', () => {
    // q = N(0, 0.1^2), p = N(0, 1): log 10 + 0.01 / 2 - 1 / 2; the other way round it is 47.2.
    const forward = Math.log(10) + 0.005 - 0.5;
    expect(kl({ kind: 'gaussian', sigma: 1 }, 0, 0.1)).toBeCloseTo(forward, 6);
    expect(-Math.log(10) + 100 / 2 - 0.5).toBeGreaterThan(47);
    const { mean } = monteCarlo(0, 0.1, (w) => logNormal(w, 0, 1));
    expect(forward).toBeCloseTo(mean, 2);
    // Of q = N(0, 0.1^2) from Laplace(0, 1): log 2 - log(2 pi e 0.01) / 2 + 0.1 sqrt(2 / pi).
    const laplace = Math.log(2) - 0.5 * Math.log(2 * Math.PI * Math.E * 0.01) + 0.1 * Math.sqrt(2 / Math.PI);
    expect(kl({ kind: 'laplace', scale: 1 }, 0, 0.1)).toBeCloseTo(laplace, 6);
  });

  it('is never negative beyond rounding', () => {
    for (const mu of [0, 0.1, -1])
      for (const sigma of [0.01, 0.1, 1, 3])
        for (const prior of [
          { kind: 'gaussian', sigma: 0.1 },
          { kind: 'laplace', scale: 0.1 },
          { kind: 'laplace', scale: 3 },
        ] as const)
          expect(kl(prior, mu, sigma), `${mu} ${sigma}`).toBeGreaterThan(-1e-6);
  });
});

describe("the notebook's equality test", () => {
  it('a mixture with pi = 1 is the Gaussian, sigma1 = 40.82 on 2,500 normal draws', () => {
    const stream = new Stream(streamKey(0, 'notebook'));
    const w = tf.tensor1d(Float32Array.from({ length: 2500 }, () => stream.normal()));
    const mixture = new ScaleMixturePrior(1, 40.82, 0.3).logProb(w).dataSync()[0];
    const gaussian = new GaussianPrior(40.82).logProb(w).dataSync()[0];
    expect(mixture).toBe(gaussian);
    // Nearly all of it is -2500 log(40.82 sqrt(2 pi)): other draws move the sum by a hundredth.
    expect(Math.abs(gaussian + 11_571.01)).toBeLessThan(0.1);
  });
});

describe('a Laplace prior', () => {
  const mu = Float32Array.of(-2, -0.3, 0, 1e-3, 0.4, 1, 5);
  const rho = Float32Array.of(-4, 0, -1, -3, 1, 2, -8);

  it('has the gradients of finite differences', () => {
    const sigma = (r: number) => Math.log1p(Math.exp(r));
    /** In double precision, by an error function of its own (Abramowitz and Stegun 7.1.5, the Taylor series). */
    const erf = (x: number) => {
      if (Math.abs(x) > 5) return Math.sign(x);
      let [term, sum] = [x, x];
      for (let n = 1; n < 120; n++) {
        term *= (-x * x) / n;
        sum += term / (2 * n + 1);
      }
      return (2 / Math.sqrt(Math.PI)) * sum;
    };
    const value = (m: number, r: number) => {
      const s = sigma(r);
      const mean =
        s * Math.sqrt(2 / Math.PI) * Math.exp((-m * m) / (2 * s * s)) + m * erf(m / (s * Math.SQRT2));
      return mean / 0.2 - Math.log(s);
    };
    const f = (m: tf.Tensor, r: tf.Tensor) => laplaceKl(m, r, 0.2);
    const { grads } = tf.valueAndGrads(f)([tf.tensor1d(mu), tf.tensor1d(rho)]);
    const h = 1e-5;
    for (const [i, m] of mu.entries()) {
      const r = rho[i];
      const byMu = (value(m + h, r) - value(m - h, r)) / (2 * h);
      const byRho = (value(m, r + h) - value(m, r - h)) / (2 * h);
      expect(grads[0].dataSync()[i]).toBeCloseTo(byMu, 4);
      expect(grads[1].dataSync()[i]).toBeCloseTo(byRho, 4);
    }
  });

  it('refuses a scale that makes no density', () => {
    expect(() => new LaplacePrior(0)).toThrow(/LaplacePrior: scale must be positive and finite, got 0/);
    expect(() => new LaplacePrior(Number.NaN)).toThrow(/got NaN/);
  });
});

describe('a learned Gaussian prior', () => {
  const stream = new Stream(streamKey(6, 'learned'));
  let mu: tf.Tensor1D;
  let rho: tf.Tensor1D;
  beforeAll(() => {
    mu = tf.tensor1d(Float32Array.from({ length: 40 }, () => 0.3 * stream.normal()));
    rho = tf.tensor1d(Float32Array.from({ length: 40 }, () => -2 + stream.normal()));
  });
  const at = (sigma: number) => new GaussianPrior(sigma).kl(mu, rho).dataSync()[0];

  it('has the sigma that makes the KL smallest', () => {
    const best = new LearnedGaussianPrior().sigmaFor(mu, rho).dataSync()[0];
    const learned = new LearnedGaussianPrior().kl(mu, rho).dataSync()[0];
    expect(learned).toBeCloseTo(at(best), 4);
    for (const factor of [0.8, 0.95, 1.05, 1.3]) expect(at(factor * best)).toBeGreaterThan(learned);
  });

  it('has the gradient of the fixed prior at that sigma', () => {
    const best = empiricalKl(mu, rho).priorSigma.dataSync()[0];
    const of = (f: (m: tf.Tensor, r: tf.Tensor) => tf.Scalar) =>
      tf
        .grads(f)([mu, rho])
        .map((gradient) => [...gradient.dataSync()]);
    const learned = of((m, r) => empiricalKl(m, r).kl);
    const fixed = of((m, r) => new GaussianPrior(best).kl(m, r));
    for (const [i, gradient] of learned.entries())
      for (const [j, value] of gradient.entries()) expect(value).toBeCloseTo(fixed[i][j], 4);
  });
});

describe('a posterior', () => {
  it('tells its divergence from any prior', () => {
    const q = new GaussianPosterior(one(0.3), one(rhoOf(0.2)));
    const closed = kl({ kind: 'laplace', scale: 0.5 }, 0.3, 0.2);
    expect(q.kl(new LaplacePrior(0.5), noNoise).dataSync()[0]).toBe(closed);
    const noise = { epsilon: one(0.7) };
    const drawn = q.kl(new ScaleMixturePrior(0.5, 1, 0.1), () => noise).dataSync()[0];
    const w = one(0.3 + 0.2 * 0.7);
    const wanted = q.logProb(w).dataSync()[0] - new ScaleMixturePrior(0.5, 1, 0.1).logProb(w).dataSync()[0];
    expect(drawn).toBeCloseTo(wanted, 5);
  });
});
