/*
 * Elementary functions. WGSL's own may err by 2^-11 (sine, cosine) or 2^-21 (logarithm), as the driver likes; these hold a
 * relative 3e-7 everywhere. Polynomials after Cephes (S. Moshier, expf.c, logf.c, ndtrf.c).
 */

/** e^x; 0 below -87.3, saturates above 88. */
export const EXP = `
fn exp_(x: f32) -> f32 {
  let clamped = clamp(x, -87.3, 88.0);
  let n = round(clamped * 1.44269504);
  var r = clamped - n * 0.693359375;
  r = r - n * -2.12194440e-4;
  var q = 1.9875691500e-4 * r + 1.3981999507e-3;
  q = q * r + 8.3334519073e-3;
  q = q * r + 4.1665795894e-2;
  q = q * r + 1.6666665459e-1;
  q = q * r + 5.0000001201e-1;
  let value = (q * r * r + r + 1.0) * bitcast<f32>((i32(n) + 127) << 23u);
  return select(select(0.0, value, x >= -87.3), x, x != x);
}`;

/** ln x for normal x > 0. */
export const LOG = `
fn log_(x: f32) -> f32 {
  let bits = bitcast<i32>(x);
  var e = f32((bits >> 23u) - 126);
  var m = bitcast<f32>((bits & 0x007fffff) | 0x3f000000);
  if (m < 0.70710678) { e = e - 1.0; m = m + m; }
  m = m - 1.0;
  let z = m * m;
  var q = 7.0376836292e-2 * m - 1.1514610310e-1;
  q = q * m + 1.1676998740e-1;
  q = q * m - 1.2420140846e-1;
  q = q * m + 1.4249322787e-1;
  q = q * m - 1.6668057665e-1;
  q = q * m + 2.0000714765e-1;
  q = q * m - 2.4999993993e-1;
  q = q * m + 3.3333331174e-1;
  var y = m * z * q + e * -2.12194440e-4;
  y = y - 0.5 * z;
  return m + y + e * 0.693359375;
}`;

/**
 * softplus(x) = ln(1 + e^x) and its slope, of e = e^-|x|. The logarithm is 2 artanh(e / (2 + e)), whose series needs no
 * difference that a compiler could simplify away. From 20 on the identity, as PyTorch's.
 */
export const SOFTPLUS = `
${EXP}
fn log1p_(e: f32) -> f32 {
  let s = e / (2.0 + e);
  let z = s * s;
  var q = z * 0.058823529 + 0.066666667;
  q = q * z + 0.076923077;
  q = q * z + 0.090909091;
  q = q * z + 0.111111111;
  q = q * z + 0.142857143;
  q = q * z + 0.2;
  q = q * z + 0.333333333;
  return 2.0 * (s * z * q + s);
}
fn softplus_(x: f32) -> f32 {
  return select(max(x, 0.0) + log1p_(exp_(-abs(x))), x, x > 20.0 || x != x);
}
fn sigmoid_(x: f32) -> f32 {
  let e = exp_(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}`;

/** ln softplus(x), and its slope: finite where softplus(x) = e^x (1 - e^x / 2 + ...) leaves float32. */
export const LOG_SOFTPLUS = `
${LOG}
fn log_softplus(x: f32, softplus: f32) -> f32 {
  return select(log_(softplus), x, x < -15.0);
}
fn log_softplus_slope(x: f32, softplus: f32, sigmoid: f32) -> f32 {
  return select(sigmoid / softplus, 1.0, x < -15.0);
}`;

/** The error function, of x and e = e^(-x^2): a series where |x| < 1, Abramowitz and Stegun 7.1.26 beyond; absolute error below 3e-7. */
export const ERF = `
fn erf_(x: f32, e: f32) -> f32 {
  let z = x * x;
  var q = 7.853861353153693e-5 * z - 8.010193625184903e-4;
  q = q * z + 5.188327685732524e-3;
  q = q * z - 2.685381193529856e-2;
  q = q * z + 1.128358514861418e-1;
  q = q * z - 3.7612625582423e-1;
  q = q * z + 1.12837916572671;
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  var outer = 1.061405429 * t - 1.453152027;
  outer = outer * t + 1.421413741;
  outer = outer * t - 0.284496736;
  outer = outer * t + 0.254829592;
  return select(sign(x) * (1.0 - outer * t * e), x * q, abs(x) < 1.0);
}`;
