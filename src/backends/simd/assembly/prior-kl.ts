import { constant } from './constants';
import { address, arg, argF, shareStart, storeLanes } from './common';
import { erf4 } from './erf';
import { exp4, log1p4, log4 } from './math';
import { prepareKeys } from './noise';
import { keepLanes, softplus } from './variational';
import { sigmoid, weightNoise } from './weights';

/*
 * Divergences of q = N(mu, softplus(rho)^2) from priors other than a fixed Gaussian, each with its gradients.
 * Sums go over chunks of fixed size, so that they do not depend on the threads.
 */
const CHUNK = 512;
const ROOT_TWO_OVER_PI: f32 = 0.7978845608028654;
const ROOT_HALF: f32 = 0.7071067811865476;

/** ln softplus(rho): rho itself where softplus(rho) = e^rho (1 - e^rho / 2 + ...) leaves float32. */
// @ts-ignore: decorator
@inline
function logSigmaOf(rho: v128, sigma: v128): v128 {
  return v128.bitselect(rho, log4(sigma), f32x4.lt(rho, f32x4.splat(-15)));
}

/** d ln softplus(rho) / d rho. */
// @ts-ignore: decorator
@inline
function logSlope(rho: v128, slope: v128, sigma: v128): v128 {
  return v128.bitselect(f32x4.splat(1), f32x4.div(slope, sigma), f32x4.lt(rho, f32x4.splat(-15)));
}

/** The sum of a vector's first `n` lanes in float64, as two halves. */
// @ts-ignore: decorator
@inline
function widen(v: v128, n: i32): v128 {
  const kept = n < 4 ? keepLanes(v, n) : v;
  const low = f64x2.promote_low_f32x4(kept);
  return f64x2.add(low, f64x2.promote_low_f32x4(i32x4.shuffle(kept, kept, 2, 3, 2, 3)));
}

// @ts-ignore: decorator
@inline
function storeSum(to: usize, sum: v128): void {
  store<f64>(to, f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
}

/**
 * Op.SampledKl: n, mu, rho, clock, epsilon, key0, key1, density (0: mixture, 1: Laplace), four constants,
 * dMu, dRho, partials. With neither clock nor epsilon w is mu: the notebook's log q(mu) - log p(mu).
 * log q(w) - log p(w) at w = mu + sigma eps; a holds log sqrt(2 pi) of log q too.
 * Mixture: log p = a - b w^2 + softplus(c - d w^2), anchored at the wider component. Laplace: log p = a - b |w|.
 */
export function sampledKl(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const means = address(args, 1);
  const rhos = address(args, 2);
  const clock = address(args, 3);
  const given = address(args, 4);
  const laplace = arg(args, 7) == 1;
  const a = f32x4.splat(argF(args, 8));
  const b = f32x4.splat(argF(args, 9));
  const c = f32x4.splat(argF(args, 10));
  const d = f32x4.splat(argF(args, 11));
  const dMu = address(args, 12);
  const dRho = address(args, 13);
  const drawn = clock != 0 || given != 0;
  const zero = constant(44 /* 0 */);
  const two = constant(47 /* 2 */);
  prepareKeys(scratch, arg(args, 5), arg(args, 6));
  const chunks = (n + CHUNK - 1) / CHUNK;
  const last = shareStart(chunks, tid + 1, threads);
  for (let chunk = shareStart(chunks, tid, threads); chunk < last; chunk++) {
    const end = min<i32>(n, (chunk + 1) * CHUNK);
    let sum = f64x2.splat(0);
    let noise: usize = 0;
    for (let i = chunk * CHUNK; i < end; i += 4) {
      const at = <usize>i << 2;
      if (drawn) noise = (i & 15) == 0 ? weightNoise(scratch, clock, given, -1, i >> 4) : noise + 16;
      const epsilon = drawn ? v128.load(noise) : zero;
      const rho = v128.load(rhos + at);
      const e = exp4(f32x4.neg(f32x4.abs(rho)));
      const sigma = softplus(rho, e);
      const slope = sigmoid(rho, e);
      const w = f32x4.add(v128.load(means + at), f32x4.mul(sigma, epsilon));
      const size = laplace ? f32x4.abs(w) : f32x4.mul(w, w);
      let logPrior = f32x4.sub(a, f32x4.mul(b, size));
      let push: v128; // -d log p / dw
      if (laplace) {
        const sign = v128.or(v128.and(w, f32x4.splat(-0.0)), b);
        push = v128.and(sign, f32x4.ne(w, zero));
      } else {
        const excess = f32x4.sub(c, f32x4.mul(d, size));
        const tail = exp4(f32x4.neg(f32x4.abs(excess)));
        logPrior = f32x4.add(logPrior, f32x4.add(f32x4.pmax(excess, zero), log1p4(tail)));
        const precision = f32x4.add(b, f32x4.mul(sigmoid(excess, tail), d));
        push = f32x4.mul(f32x4.mul(two, w), precision);
      }
      const squares = f32x4.mul(f32x4.mul(epsilon, epsilon), constant(23 /* 0.5 */));
      const value = f32x4.sub(f32x4.neg(f32x4.add(logSigmaOf(rho, sigma), squares)), logPrior);
      sum = f64x2.add(sum, widen(value, end - i));
      storeLanes(dMu + at, push, end - i);
      const spread = f32x4.mul(f32x4.mul(push, epsilon), slope);
      storeLanes(dRho + at, f32x4.sub(spread, logSlope(rho, slope, sigma)), end - i);
    }
    storeSum(address(args, 14) + (<usize>chunk << 3), sum);
  }
}

/**
 * Op.LaplaceKl: n, mu, rho, 1 / b, offset, dMu, dRho, partials. KL(N(mu, sigma^2) || Laplace(0, b)), an element:
 * E|w| / b - ln sigma + offset, E|w| = sigma sqrt(2 / pi) exp(-mu^2 / (2 sigma^2)) + mu erf(mu / (sigma sqrt 2)).
 */
export function laplaceKl(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const means = address(args, 1);
  const rhos = address(args, 2);
  const inverse = f32x4.splat(argF(args, 3));
  const offset = f32x4.splat(argF(args, 4));
  const dMu = address(args, 5);
  const dRho = address(args, 6);
  const far = f32x4.splat(1e4);
  const chunks = (n + CHUNK - 1) / CHUNK;
  const last = shareStart(chunks, tid + 1, threads);
  for (let chunk = shareStart(chunks, tid, threads); chunk < last; chunk++) {
    const end = min<i32>(n, (chunk + 1) * CHUNK);
    let sum = f64x2.splat(0);
    for (let i = chunk * CHUNK; i < end; i += 4) {
      const at = <usize>i << 2;
      const mu = v128.load(means + at);
      const rho = v128.load(rhos + at);
      const e = exp4(f32x4.neg(f32x4.abs(rho)));
      const sigma = softplus(rho, e);
      const slope = sigmoid(rho, e);
      // Beyond 1e4 standard deviations all is saturated, and the square must not overflow; 0 / 0 counts as that too.
      let z = f32x4.div(f32x4.mul(mu, f32x4.splat(ROOT_HALF)), sigma);
      z = f32x4.pmin(far, f32x4.pmax(f32x4.neg(far), z));
      const density = exp4(f32x4.neg(f32x4.mul(z, z)));
      const tilt = erf4(z, density);
      const bell = f32x4.mul(density, f32x4.splat(ROOT_TWO_OVER_PI));
      const size = f32x4.add(f32x4.mul(sigma, bell), f32x4.mul(mu, tilt));
      const value = f32x4.add(f32x4.sub(f32x4.mul(size, inverse), logSigmaOf(rho, sigma)), offset);
      sum = f64x2.add(sum, widen(value, end - i));
      storeLanes(dMu + at, f32x4.mul(tilt, inverse), end - i);
      const wider = f32x4.mul(f32x4.mul(bell, inverse), slope);
      storeLanes(dRho + at, f32x4.sub(wider, logSlope(rho, slope, sigma)), end - i);
    }
    storeSum(address(args, 7) + (<usize>chunk << 3), sum);
  }
}

/** Op.EmpiricalMoments: n, mu, rho, partials: per chunk the sums of sigma^2 + mu^2 and of ln sigma. */
export function empiricalMoments(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const chunks = (n + CHUNK - 1) / CHUNK;
  const last = shareStart(chunks, tid + 1, threads);
  for (let chunk = shareStart(chunks, tid, threads); chunk < last; chunk++) {
    const end = min<i32>(n, (chunk + 1) * CHUNK);
    let squares = f64x2.splat(0);
    let logs = f64x2.splat(0);
    for (let i = chunk * CHUNK; i < end; i += 4) {
      const at = <usize>i << 2;
      const mu = v128.load(address(args, 1) + at);
      const rho = v128.load(address(args, 2) + at);
      const sigma = softplus(rho, exp4(f32x4.neg(f32x4.abs(rho))));
      squares = f64x2.add(squares, widen(f32x4.add(f32x4.mul(sigma, sigma), f32x4.mul(mu, mu)), end - i));
      logs = f64x2.add(logs, widen(logSigmaOf(rho, sigma), end - i));
    }
    const to = address(args, 3) + (<usize>chunk << 4);
    storeSum(to, squares);
    storeSum(to + 8, logs);
  }
}

/**
 * Op.EmpiricalSum: n, partials, kl, priorSigma. The zero-mean Gaussian prior that fits q best has
 * p^2 = mean(sigma^2 + mu^2); the divergence from it is n ln p - sum of ln sigma.
 */
export function empiricalSum(args: usize, tid: i32, threads: i32, scratch: usize): void {
  if (tid != threads - 1) return;
  const n = arg(args, 0);
  const chunks = (n + CHUNK - 1) / CHUNK;
  let squares: f64 = 0;
  let logs: f64 = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    const at = address(args, 1) + (<usize>chunk << 4);
    squares += load<f64>(at);
    logs += load<f64>(at, 8);
  }
  const variance = squares / <f64>n;
  const logVariance = f32x4.extract_lane(log4(f32x4.splat(<f32>variance)), 0);
  // The logarithm takes NaN for a number: the last term passes it on.
  store<f32>(address(args, 2), <f32>(0.5 * <f64>n * <f64>logVariance - logs + 0 * variance));
  store<f32>(address(args, 3), <f32>sqrt<f64>(variance));
}

/** Op.EmpiricalGrad: n, mu, rho, priorSigma, dMu = mu / p^2, dRho = (sigma / p^2 - 1 / sigma) dsigma/drho. */
export function empiricalGrad(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const priorSigma = load<f32>(address(args, 3));
  const precision = f32x4.splat(1 / (priorSigma * priorSigma));
  const vectors = (n + 3) >> 2;
  const last = shareStart(vectors, tid + 1, threads);
  for (let vector = shareStart(vectors, tid, threads); vector < last; vector++) {
    const at = <usize>vector << 4;
    const left = n - (vector << 2);
    const rho = v128.load(address(args, 2) + at);
    const e = exp4(f32x4.neg(f32x4.abs(rho)));
    const sigma = softplus(rho, e);
    const slope = sigmoid(rho, e);
    storeLanes(address(args, 4) + at, f32x4.mul(v128.load(address(args, 1) + at), precision), left);
    const wider = f32x4.mul(f32x4.mul(sigma, precision), slope);
    storeLanes(address(args, 5) + at, f32x4.sub(wider, logSlope(rho, slope, sigma)), left);
  }
}
