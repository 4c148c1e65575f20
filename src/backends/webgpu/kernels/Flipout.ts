import type { TensorInfo } from '@tensorflow/tfjs-core';
import { defineProgram } from '../program.js';
import { PHILOX } from '../wgsl/philox.js';
import { type GpuKernel, size } from './kernel.js';

interface SignAttributes {
  key0: number;
  key1: number;
}

interface SumAttributes extends SignAttributes {
  relu: boolean;
  pool: boolean;
  /** Of the pre-activation. */
  shape: number[];
}

/** The sign of an image's channel: a set bit is -1, from the word that `signsInto` (src/ops/flipout.ts) takes. */
const SIGN = `
${PHILOX}
fn sign_of(image: u32, channel: u32) -> f32 {
  let words = philox(vec4u(channel / 128u, clock[2] + image, clock[0], clock[1]), vec2u(p.key0, p.key1));
  let bit = (words[(channel / 32u) % 4u] >> (channel % 32u)) & 1u;
  return select(1.0, -1.0, bit == 1u);
}`;

const SIGNS = defineProgram('FlipSigns', {
  params: { perImage: 'u32', channels: 'u32', key0: 'u32', key1: 'u32' },
  reads: { x: 'f32', clock: 'u32' },
  writes: { y: 'f32' },
  include: [SIGN],
  each: 'y[i] = x[i] * sign_of(i / p.perImage, i % p.channels);',
});

/** x [B, ..., C], clock -> x times the random signs of its images' channels */
export const FlipSigns: GpuKernel<SignAttributes> = {
  name: 'FlipSigns',
  run({ x, clock }, backend, { key0, key1 }) {
    const y = backend.output(x.shape);
    const channels = x.shape[x.shape.length - 1];
    const perImage = size(x) / Math.max(1, x.shape[0]);
    backend.each(SIGNS, { x, clock, y }, { perImage, channels, key0, key1 }, size(x));
    return y;
  },
};

const PARAMS = {
  height: 'u32',
  width: 'u32',
  channels: 'u32',
  relu: 'u32',
  pool: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  key0: 'u32',
  key1: 'u32',
} as const;

/** One output a thread: mean + sign delta at each place of its pool window, whose first maximum goes on. NaN wins, and stays. */
const SUM = defineProgram('FlipoutSum', {
  params: PARAMS,
  reads: { mean: 'f32', delta: 'f32', clock: 'u32' },
  writes: { y: 'f32', taps: 'i32' },
  include: [SIGN],
  each: `
  let channel = i % p.channels;
  let column = (i / p.channels) % p.outWidth;
  let row = (i / p.channels / p.outWidth) % p.outHeight;
  let image = i / p.channels / p.outWidth / p.outHeight;
  let sign = sign_of(image, channel);
  let step = 1u + p.pool;
  var best = 0.0;
  var place = 0;
  for (var cell = 0u; cell < step * step; cell++) {
    let position = (image * p.height + row * step + cell / 2u) * p.width + column * step + cell % 2u;
    let at = position * p.channels + channel;
    let z = mean[at] + sign * delta[at];
    if (cell == 0u || z > best || z != z) { best = z; place = i32(cell); }
  }
  y[i] = select(best, 0.0, p.relu != 0u && best < 0.0);
  taps[i] = place;`,
});

function paramsOf(shape: readonly number[], { relu, pool, key0, key1 }: SumAttributes) {
  // [B, H, W, O] or [B, O]
  const [, height, width, channels] = shape.length === 4 ? shape : [shape[0], 1, 1, shape[1]];
  const [outHeight, outWidth] = [height, width].map((length) => (pool ? length >> 1 : length));
  return {
    ...{ height, width, channels, relu: Number(relu), pool: Number(pool) },
    ...{ outHeight, outWidth, key0, key1 },
  };
}

/** mean, delta, clock -> y = pool(relu(mean + signs delta)), taps (place in the pool window) */
export const FlipoutSum: GpuKernel<SumAttributes> = {
  name: 'FlipoutSum',
  run({ mean, delta, clock }, backend, attributes) {
    const params = paramsOf(mean.shape, attributes);
    const { outHeight, outWidth, channels } = params;
    const shape = mean.shape.length === 4 ? [mean.shape[0], outHeight, outWidth, channels] : mean.shape;
    const [y, taps] = [backend.output(shape), backend.output(shape, 'int32')];
    backend.each(SUM, { mean, delta, clock, y, taps }, params, size(y));
    return [y, taps];
  },
};

/** One element of the pre-activation a thread: the gradient of its window where the pool chose it and ReLU let it pass. */
const GRADIENT = defineProgram('FlipoutSumGrad', {
  params: PARAMS,
  reads: { dy: 'f32', y: 'f32', taps: 'u32', clock: 'u32' },
  writes: { dMean: 'f32', dDelta: 'f32' },
  include: [SIGN],
  each: `
  let channel = i % p.channels;
  let column = (i / p.channels) % p.width;
  let row = (i / p.channels / p.width) % p.height;
  let image = i / p.channels / p.width / p.height;
  let step = 1u + p.pool;
  var gradient = 0.0;
  if (row / step < p.outHeight && column / step < p.outWidth) {
    let at = ((image * p.outHeight + row / step) * p.outWidth + column / step) * p.channels + channel;
    let chosen = taps[at] == (row % step) * 2u + column % step;
    if (chosen && !(p.relu != 0u && y[at] <= 0.0)) { gradient = dy[at]; }
  }
  dMean[i] = gradient;
  dDelta[i] = gradient * sign_of(image, channel);`,
});

/** dy, y, taps, clock -> dMean, dDelta */
export const FlipoutSumGrad: GpuKernel<SumAttributes> = {
  name: 'FlipoutSumGrad',
  run({ dy, y, taps, clock }, backend, attributes): TensorInfo[] {
    const { shape } = attributes;
    const [dMean, dDelta] = [backend.output(shape), backend.output(shape)];
    const params = paramsOf(shape, attributes);
    backend.each(GRADIENT, { dy, y, taps, clock, dMean, dDelta }, params, size(dMean));
    return [dMean, dDelta];
  },
};
