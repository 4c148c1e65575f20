import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../backend.js';
import { CLAMPED_SQUARE } from '../wgsl/conv.js';
import type { GpuKernel } from './kernel.js';
import { type LrtAttributes, REPARAMETERIZE, type SamplesAttributes } from './LrtConvReluPool.js';
import { rowNoise, withNoise } from './Noise.js';
import { defineProduct, multiplyOut } from './product.js';

interface DenseAttributes {
  relu: boolean;
}

const DENSE = defineProduct('Dense', {
  params: { relu: 'u32', biased: 'u32' },
  reads: { x: 'f32', kernel: 'f32', bias: 'f32' },
  writes: { y: 'f32' },
  include: [
    `
fn left(row: u32, k: u32) -> vec2f { return vec2f(x[row * p.inner + k], 0.0); }
fn right(k: u32, column: u32) -> vec2f { return vec2f(kernel[k * p.columns + column], 0.0); }
fn finish(row: u32, column: u32, sums: vec2f) {
  var z = sums.x;
  if (p.biased != 0u) { z += bias[column]; }
  y[row * p.columns + column] = select(z, 0.0, p.relu != 0u && z < 0.0);
}`,
  ],
});

function dense(
  backend: WebgpuBackend,
  { x, kernel, bias }: Record<string, TensorInfo>,
  { relu }: DenseAttributes,
): TensorInfo {
  const [rows, inner] = x.shape;
  const columns = kernel.shape[1];
  const y = backend.output([rows, columns]);
  const params = { rows, columns, inner, relu: Number(relu), biased: Number(bias !== undefined) };
  multiplyOut(backend, DENSE, { x, kernel, bias, y }, params);
  return y;
}

/** x [B,I], kernel [I,O], bias? [O] -> y [B,O] */
export const Dense: GpuKernel<DenseAttributes> = {
  name: 'Dense',
  run: (inputs, backend, attributes) => dense(backend, inputs, attributes),
};

/** The same where no gradient follows. */
export const DenseInference: GpuKernel<DenseAttributes> = { ...Dense, name: 'DenseInference' };

/** Mean and variance in one product, then each of the row's samples. */
const LRT = defineProduct('LrtDense', {
  params: { relu: 'u32', clamp: 'f32', biased: 'u32', keeps: 'u32', repeat: 'u32' },
  reads: { x: 'f32', mu: 'f32', variance: 'f32', biasMu: 'f32', biasVariance: 'f32', epsilon: 'f32' },
  writes: { y: 'f32', c: 'f32' },
  include: [
    CLAMPED_SQUARE,
    REPARAMETERIZE,
    `
fn left(row: u32, k: u32) -> vec2f {
  let value = x[row * p.inner + k];
  return vec2f(value, clamped_square(value));
}
fn right(k: u32, column: u32) -> vec2f {
  return vec2f(mu[k * p.columns + column], variance[k * p.columns + column]);
}
fn finish(row: u32, column: u32, sums: vec2f) {
  var moments = sums;
  if (p.biased != 0u) { moments += vec2f(biasMu[column], biasVariance[column]); }
  for (var s = 0u; s < p.repeat; s++) {
    let at = (row * p.repeat + s) * p.columns + column;
    let z = moments.x + deviation(moments.y) * epsilon[at];
    y[at] = select(z, 0.0, p.relu != 0u && z < 0.0);
    if (p.keeps != 0u) { c[at] = variance_slope(epsilon[at], moments.y); }
  }
}`,
  ],
});

type LrtDenseAttributes = DenseAttributes & LrtAttributes & SamplesAttributes;

function lrtDense(
  backend: WebgpuBackend,
  { x, mu, variance, biasMu, biasVariance, clock, epsilon }: Record<string, TensorInfo>,
  attributes: LrtDenseAttributes,
  keeps: boolean,
): TensorInfo[] {
  const [rows, inner] = x.shape;
  const columns = mu.shape[1];
  const { relu, clamp, repeat } = attributes;
  const y = backend.output([rows * repeat, columns]);
  const c = keeps ? backend.output([rows, columns]) : backend.allocate(4);
  const flags = { relu: Number(relu), biased: Number(biasMu !== undefined), keeps: Number(keeps) };
  const draw = (at: TensorInfo) => rowNoise(backend, at, attributes, rows * repeat, columns);
  withNoise(backend, { clock, epsilon }, draw, (noise) => {
    const operands = { x, mu, variance, biasMu, biasVariance, epsilon: noise, y, c };
    multiplyOut(backend, LRT, operands, { rows, columns, inner, clamp, repeat, ...flags });
  });
  if (typeof c !== 'number') return [y, c];
  backend.release(c);
  return [y];
}

/** The local reparameterization of a dense layer: y and c = epsilon / (2 std). */
export const LrtDense: GpuKernel<LrtDenseAttributes> = {
  name: 'LrtDense',
  run: (inputs, backend, attributes) => lrtDense(backend, inputs, { ...attributes, repeat: 1 }, true),
};

/** The same where no gradient follows: `repeat` rows of y for each of x. */
export const LrtDenseInference: GpuKernel<LrtDenseAttributes> = {
  name: 'LrtDenseInference',
  run: (inputs, backend, attributes) => lrtDense(backend, inputs, attributes, false),
};
