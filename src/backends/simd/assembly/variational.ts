import { constant } from './constants';
import { address, arg, argF, shareStart, storeLanes } from './common';
import { exp4, log1p4, log1pRatio4, log4, logLog1pRatio4 } from './math';

/** Elements behind one partial sum of the KL: fixed, so that the sum does not depend on the threads. */
const CHUNK = 512;

/**
 * Op.GaussianVariational: n, mu, rho, priorSigma, clamp, variance, slope, partials (f64, one a chunk), 1/2 - ln priorSigma.
 * sigma = softplus(rho); variance = max(sigma^2, clamp); slope = d sigma / d rho;
 * KL(N(mu, sigma^2) || N(0, p^2)) = log(p / sigma) + (sigma^2 + mu^2) / (2 p^2) - 1/2 (Kingma & Welling 2014, appendix B).
 */
export function gaussianVariational(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const chunks = (n + CHUNK - 1) / CHUNK;
  const last = shareStart(chunks, tid + 1, threads);
  for (let chunk = shareStart(chunks, tid, threads); chunk < last; chunk++) {
    const first = chunk * CHUNK;
    const end = min<i32>(n, first + CHUNK);
    const whole = end & ~3;
    let kl = narrowRows(args, first, whole);
    if (whole < end) kl += wideKl(args, whole, end - whole);
    store<f64>(address(args, 7) + (<usize>chunk << 3), kl);
  }
}

// @ts-ignore: decorator
@inline
function promoted(v: v128): v128 {
  return f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(i32x4.shuffle(v, v, 2, 3, 2, 3)));
}

// @ts-ignore: decorator
@inline
function lanesSum(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/**
 * Whole vectors of a chunk; returns their KL. Posteriors are narrow as a rule: below sigma = 0.12, softplus(rho) is
 * e^rho times a short series, ln sigma is rho plus that series' logarithm, and the logarithm of a product is taken
 * once a chunk (128 factors between 0.94 and 1).
 */
function narrowRows(args: usize, first: i32, end: i32): f64 {
  let mu = address(args, 1) + (<usize>first << 2);
  const rhos = address(args, 2) - address(args, 1);
  const variances = address(args, 5) - address(args, 1);
  const slopes = address(args, 6) - address(args, 1);
  const floor = f32x4.splat(argF(args, 4));
  const last = address(args, 1) + (<usize>end << 2);
  let squares = f64x2.splat(0);
  let logs = f64x2.splat(0);
  let product = constant(43 /* 1 */);
  let wide: f64 = 0;
  let count = 0;
  while (mu < last) {
    // Sums of eight vectors in single precision, these in double.
    const stop = min<usize>(last, mu + 128);
    let square = f32x4.splat(0);
    let log = f32x4.splat(0);
    for (; mu < stop; mu += 16) {
      const rho = v128.load(mu + rhos);
      if (v128.any_true(f32x4.gt(rho, constant(60 /* -2.05 */)))) {
        wide += wideKl(args, <i32>(mu - address(args, 1)) >> 2, 4);
        continue;
      }
      const e = exp4(rho);
      const ratio = log1pRatio4(e);
      const sigma = f32x4.mul(e, ratio);
      const variance = f32x4.mul(sigma, sigma);
      const m = v128.load(mu);
      v128.store(mu + slopes, f32x4.div(e, f32x4.add(constant(43 /* 1 */), e)));
      v128.store(mu + variances, f32x4.pmax(variance, floor));
      product = f32x4.mul(product, ratio);
      square = f32x4.add(square, f32x4.add(variance, f32x4.mul(m, m)));
      log = f32x4.add(log, rho);
      count += 4;
    }
    squares = f64x2.add(squares, promoted(square));
    logs = f64x2.add(logs, promoted(log));
  }
  const priorSigma = <f64>argF(args, 3);
  const logProduct = lanesSum(promoted(log4(product)));
  return wide + lanesSum(squares) / (2 * priorSigma * priorSigma) - lanesSum(logs) - logProduct - <f64>count * <f64>argF(args, 8);
}

/** The same for up to four elements with any sigma. */
function wideKl(args: usize, i: i32, lanes: i32): f64 {
  const at = <usize>i << 2;
  const rho = v128.load(address(args, 2) + at);
  const mu = v128.load(address(args, 1) + at);
  const one = constant(43 /* 1 */);
  const e = exp4(f32x4.neg(f32x4.abs(rho)));
  // Below sigma = 0.12 two short series keep the digits that ln(1 + e) would lose.
  const small = f32x4.le(rho, constant(60 /* -2.05 */));
  const sigma = v128.bitselect(f32x4.mul(e, log1pRatio4(e)), softplus(rho, e), small);
  const logSigma = v128.bitselect(f32x4.add(rho, logLog1pRatio4(e)), log4(sigma), small);
  const inverse = f32x4.div(one, f32x4.add(one, e));
  const slope = v128.bitselect(inverse, f32x4.mul(e, inverse), f32x4.ge(rho, constant(44 /* 0 */)));
  const variance = f32x4.mul(sigma, sigma);
  storeLanes(address(args, 5) + at, f32x4.pmax(variance, f32x4.splat(argF(args, 4))), lanes);
  storeLanes(address(args, 6) + at, slope, lanes);
  const priorSigma = argF(args, 3);
  const scaled = f32x4.mul(f32x4.add(variance, f32x4.mul(mu, mu)), f32x4.splat(1 / (2 * priorSigma * priorSigma)));
  const kl = f32x4.sub(scaled, f32x4.add(logSigma, f32x4.splat(argF(args, 8))));
  return lanesSum(promoted(keepLanes(kl, lanes)));
}

export function keepLanes(v: v128, n: i32): v128 {
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n)));
}

/** Op.GaussianVariationalSum: n, partials, kl. Adds the chunks in order. */
export function gaussianVariationalSum(args: usize, tid: i32, threads: i32, scratch: usize): void {
  if (tid != threads - 1) return;
  const chunks = (arg(args, 0) + CHUNK - 1) / CHUNK;
  let sum: f64 = 0;
  for (let chunk = 0; chunk < chunks; chunk++) sum += load<f64>(address(args, 1) + (<usize>chunk << 3));
  store<f32>(address(args, 2), <f32>sum);
}

/**
 * Op.GaussianVariationalGrad: n, mu, rho, slope, dVariance, dKl, priorSigma, clamp, dMu, dRho, variance.
 * dMu = dKl mu / p^2; dRho = (2 sigma dVariance [sigma^2 >= clamp] + dKl (sigma / p^2 - 1 / sigma)) slope.
 */
export function gaussianVariationalGrad(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const vectors = (n + 3) >> 2;
  const first = shareStart(vectors, tid, threads);
  const last = shareStart(vectors, tid + 1, threads);
  const whole = argF(args, 7) > 0 ? first : min<i32>(last, n >> 2);
  const stopped = narrowGradients(args, first, max<i32>(first, whole));
  for (let vector = stopped; vector < last; vector++) gradient(args, vector, n);
}

/** Whole vectors without a clamp, up to the first with a sigma whose square is no normal number; returns where it stopped. */
function narrowGradients(args: usize, first: i32, end: i32): i32 {
  const offset = <usize>first << 4;
  let mu = address(args, 1) + offset;
  const last = address(args, 1) + (<usize>end << 4);
  const slopes = address(args, 3) + offset - mu;
  const variances = address(args, 4) + offset - mu;
  const dMu = address(args, 8) + offset - mu;
  const dRho = address(args, 9) + offset - mu;
  const saved = address(args, 10) + offset - mu;
  const priorSigma = argF(args, 6);
  const precision = f32x4.splat(1 / (priorSigma * priorSigma));
  const dKl = f32x4.splat(load<f32>(address(args, 5)));
  const one = constant(43 /* 1 */);
  for (; mu < last; mu += 16) {
    const sigma = f32x4.sqrt(v128.load(mu + saved));
    if (v128.any_true(f32x4.lt(sigma, constant(46 /* 1e-15 */)))) break;
    const twice = f32x4.add(sigma, sigma);
    const data = f32x4.mul(twice, v128.load(mu + variances));
    const prior = f32x4.mul(dKl, f32x4.sub(f32x4.mul(sigma, precision), f32x4.div(one, sigma)));
    v128.store(mu + dRho, f32x4.mul(f32x4.add(data, prior), v128.load(mu + slopes)));
    v128.store(mu + dMu, f32x4.mul(dKl, f32x4.mul(v128.load(mu), precision)));
  }
  return end - <i32>((last - mu) >> 4);
}

/** The general rule for one vector, the last one perhaps in part. */
function gradient(args: usize, vector: i32, n: i32): void {
  const at = <usize>vector << 4;
  const left = n - (vector << 2);
  const priorSigma = argF(args, 6);
  const precision = f32x4.splat(1 / (priorSigma * priorSigma));
  const clamp = f32x4.splat(argF(args, 7));
  const dKl = f32x4.splat(load<f32>(address(args, 5)));
  const rho = v128.load(address(args, 2) + at);
  // The variance holds no small sigma: its square may be zero, or the clamp.
  const rooted = f32x4.sqrt(v128.load(address(args, 10) + at));
  const fresh = softplus(rho, exp4(f32x4.neg(f32x4.abs(rho))));
  const lost = v128.or(f32x4.gt(clamp, constant(44 /* 0 */)), f32x4.lt(rooted, constant(46 /* 1e-15 */)));
  const sigma = v128.bitselect(fresh, rooted, lost);
  const passes = f32x4.ge(f32x4.mul(sigma, sigma), clamp);
  const data = f32x4.mul(f32x4.add(sigma, sigma), v128.and(v128.load(address(args, 4) + at), passes));
  const prior = f32x4.mul(dKl, f32x4.sub(f32x4.mul(sigma, precision), f32x4.div(constant(43 /* 1 */), sigma)));
  storeLanes(address(args, 9) + at, f32x4.mul(f32x4.add(data, prior), v128.load(address(args, 3) + at)), left);
  storeLanes(address(args, 8) + at, f32x4.mul(dKl, f32x4.mul(v128.load(address(args, 1) + at), precision)), left);
}

/** ln(1 + e^rho), the identity above 20 as PyTorch's. @param e e^-|rho| */
// @ts-ignore: decorator
@inline
export function softplus(rho: v128, e: v128): v128 {
  const above = f32x4.gt(rho, constant(45 /* 20 */));
  return v128.bitselect(rho, f32x4.add(f32x4.pmax(rho, constant(44 /* 0 */)), log1p4(e)), above);
}
