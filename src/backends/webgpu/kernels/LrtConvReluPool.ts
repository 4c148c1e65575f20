import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../backend.js';
import { type ConvAttributes, convGeometry } from '../geometry.js';
import { defineProgram } from '../program.js';
import { CLAMPED_SQUARE, CONV_CELL, CONV_PARAMS } from '../wgsl/conv.js';
import type { GpuKernel } from './kernel.js';
import { rowNoise, withNoise } from './Noise.js';

export interface LrtAttributes {
  clamp: number;
  key0: number;
  key1: number;
}

/** Rows of the output an input row, and an image. */
export interface SamplesAttributes {
  repeat: number;
  samples: number;
}

/** Below this a variance counts as zero: its square root would have an infinite slope. */
const LEAST_VARIANCE = '1e-30';

/** z = mean + std epsilon, and c = epsilon / (2 std), the slope by the variance. */
export const REPARAMETERIZE = `
fn deviation(variance: f32) -> f32 { return sqrt(max(variance, ${LEAST_VARIANCE})); }
fn variance_slope(epsilon: f32, variance: f32) -> f32 {
  return select(0.0, 0.5 * epsilon / deviation(variance), variance >= ${LEAST_VARIANCE});
}`;

/** One output of an input row a thread: mean and variance at each place of its pool window, then each of the row's samples. */
const LRT = defineProgram('LrtConvReluPool', {
  params: { ...CONV_PARAMS, biased: 'u32', keeps: 'u32', repeat: 'u32' },
  reads: { x: 'f32', mu: 'f32', variance: 'f32', biasMu: 'f32', biasVariance: 'f32', epsilon: 'f32' },
  writes: { y: 'f32', taps: 'i32', c: 'f32' },
  include: [
    CONV_CELL,
    CLAMPED_SQUARE,
    REPARAMETERIZE,
    `
fn moments(image: u32, cy: u32, cx: u32, o: u32) -> vec2f {
  var sums = vec2f(0.0);
  for (var ky = 0u; ky < p.kernelHeight; ky++) {
    for (var kx = 0u; kx < p.kernelWidth; kx++) {
      let cell = input_cell(cy, cx, ky, kx);
      if (!inside(cell)) { continue; }
      let base = ((image * p.height + u32(cell.x)) * p.width + u32(cell.y)) * p.channels;
      let at = (ky * p.kernelWidth + kx) * p.channels * p.outputs + o;
      for (var k = 0u; k < p.channels; k++) {
        let value = x[base + k];
        let weight = at + k * p.outputs;
        sums += vec2f(value, clamped_square(value)) * vec2f(mu[weight], variance[weight]);
      }
    }
  }
  if (p.biased != 0u) { sums += vec2f(biasMu[o], biasVariance[o]); }
  return sums;
}`,
  ],
  each: `
  let o = i % p.outputs;
  let column = (i / p.outputs) % p.outWidth;
  let row = (i / p.outputs / p.outWidth) % p.outHeight;
  let outs = p.outputs * p.outWidth * p.outHeight;
  let image = i / outs;
  let step = 1u + p.pool;
  var means: array<vec2f, 4>;
  for (var cell = 0u; cell < step * step; cell++) {
    means[cell] = moments(image, row * step + cell / 2u, column * step + cell % 2u, o);
  }
  for (var s = 0u; s < p.repeat; s++) {
    let sample = image * p.repeat + s;
    var best = 0.0;
    var place = 0u;
    var slope = 0.0;
    for (var cell = 0u; cell < step * step; cell++) {
      let at = (row * step + cell / 2u) * p.convWidth + column * step + cell % 2u;
      let e = epsilon[(sample * p.convHeight * p.convWidth + at) * p.outputs + o];
      let z = means[cell].x + deviation(means[cell].y) * e;
      if (cell == 0u || z > best || z != z) { best = z; place = cell; slope = variance_slope(e, means[cell].y); }
    }
    let to = sample * outs + i % outs;
    y[to] = select(best, 0.0, p.relu != 0u && best < 0.0);
    if (p.keeps != 0u) { taps[to] = i32(place); c[to] = slope; }
  }`,
});

type Attributes = ConvAttributes & LrtAttributes & SamplesAttributes;

function forward(
  backend: WebgpuBackend,
  inputs: Record<string, TensorInfo>,
  attributes: Attributes,
  keeps: boolean,
): TensorInfo[] {
  const { x, mu, variance, biasMu, biasVariance, clock, epsilon } = inputs;
  const { repeat, clamp } = attributes;
  const { params, shape, convSize, images } = convGeometry(x.shape, mu.shape, attributes, clamp);
  const parted = [images * repeat, ...shape.slice(1)];
  const y = backend.output(parted);
  const kept = keeps ? [backend.output(parted, 'int32'), backend.output(parted)] : [];
  const [taps, c] = keeps ? kept : [backend.allocate(4), backend.allocate(4)];
  const flags = { biased: Number(biasMu !== undefined), keeps: Number(keeps), repeat };
  const threads = shape.reduce((product, n) => product * n, 1);
  const draw = (at: TensorInfo) => rowNoise(backend, at, attributes, images * repeat, convSize);
  withNoise(backend, { clock, epsilon }, draw, (noise) => {
    const operands = { x, mu, variance, biasMu, biasVariance, epsilon: noise, y, taps, c };
    backend.each(LRT, operands, { ...params, ...flags }, threads);
  });
  for (const unused of [taps, c]) if (typeof unused === 'number') backend.release(unused);
  return [y, ...kept];
}

/** The local reparameterization of a convolution: y, taps and c = epsilon / (2 std) at the chosen place. */
export const LrtConvReluPool: GpuKernel<Attributes> = {
  name: 'LrtConvReluPool',
  run: (inputs, backend, attributes) => forward(backend, inputs, { ...attributes, repeat: 1 }, true),
};

/** The same where no gradient follows: `repeat` rows of y for each of x. */
export const LrtConvReluPoolInference: GpuKernel<Attributes> = {
  name: 'LrtConvReluPoolInference',
  run: (inputs, backend, attributes) => forward(backend, inputs, attributes, false),
};
