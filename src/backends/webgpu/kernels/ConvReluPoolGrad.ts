import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../backend.js';
import { type ConvAttributes, type ConvGeometry, convGeometry } from '../geometry.js';
import { defineProgram } from '../program.js';
import { CLAMPED_SQUARE, CONV_CELL, CONV_PARAMS } from '../wgsl/conv.js';
import type { GpuKernel } from './kernel.js';

type FilterAttributes = ConvAttributes & { filterShape: number[]; hasBias: boolean };
type InputAttributes = ConvAttributes & { inputShape: number[] };

/** Threads that a filter's gradient is spread over, at least; each adds up a group of outputs. */
const THREADS = 2 ** 16;

/**
 * A tap of the filter, or a bias behind them, and a group of outputs a thread: the group's share of both gradients. A pool's
 * gradient goes to the place that it chose, and no further where ReLU cut it off.
 */
const FILTER = defineProgram('ConvGradFilter', {
  params: { ...CONV_PARAMS, slots: 'u32', share: 'u32', cells: 'u32', parts: 'u32' },
  reads: { dy: 'f32', x: 'f32', y: 'f32', taps: 'u32', c: 'f32' },
  writes: { partials: 'f32' },
  include: [CONV_CELL, CLAMPED_SQUARE],
  each: `
  let slot = i % p.slots;
  let group = i / p.slots;
  let o = slot % p.outputs;
  let channel = (slot / p.outputs) % p.channels;
  let kx = (slot / p.outputs / p.channels) % p.kernelWidth;
  let ky = slot / p.outputs / p.channels / p.kernelWidth;
  let bias = ky == p.kernelHeight;
  let step = 1u + p.pool;
  var sums = vec2f(0.0);
  for (var cell = group * p.share; cell < min(p.cells, (group + 1u) * p.share); cell++) {
    let at = cell * p.outputs + o;
    let dz = dy[at];
    if (dz == 0.0 || (p.relu != 0u && y[at] <= 0.0)) { continue; }
    let spread = select(0.0, c[select(0u, at, p.parts == 2u)], p.parts == 2u);
    if (bias) { sums += dz * vec2f(1.0, spread); continue; }
    let column = cell % p.outWidth;
    let row = (cell / p.outWidth) % p.outHeight;
    let image = cell / p.outWidth / p.outHeight;
    let tap = taps[at];
    let source = input_cell(row * step + tap / 2u, column * step + tap % 2u, ky, kx);
    if (!inside(source)) { continue; }
    let value = x[((image * p.height + u32(source.x)) * p.width + u32(source.y)) * p.channels + channel];
    sums += dz * vec2f(value, spread * clamped_square(value));
  }
  partials[group * p.parts * p.slots + slot] = sums.x;
  if (p.parts == 2u) { partials[(group * 2u + 1u) * p.slots + slot] = sums.y; }`,
});

/** The groups' shares added up in order. */
const REDUCE = defineProgram('ConvGradFilterReduce', {
  params: { groups: 'u32', stride: 'u32', start: 'u32' },
  reads: { partials: 'f32' },
  writes: { total: 'f32' },
  each: `
  var sum = 0.0;
  for (var group = 0u; group < p.groups; group++) { sum += partials[group * p.stride + p.start + i]; }
  total[i] = sum;`,
});

/** Gradients of the filters, then of the biases. */
function gradFilter(
  backend: WebgpuBackend,
  { params, shape }: ConvGeometry,
  { dy, x, y, taps, c }: Record<string, TensorInfo>,
  { filterShape, hasBias }: FilterAttributes,
): TensorInfo[] {
  const parts = c ? 2 : 1;
  const weights = filterShape.reduce((product, n) => product * n, 1);
  const slots = weights + (hasBias ? params.outputs : 0);
  const cells = shape[0] * shape[1] * shape[2];
  const share = Math.max(1, Math.ceil(cells / Math.ceil(THREADS / slots)));
  const groups = Math.ceil(cells / share);
  const partials = backend.allocate(4 * groups * parts * slots);
  const counts = { slots, share, cells, parts };
  backend.each(FILTER, { dy, x, y, taps, c, partials }, { ...params, ...counts }, groups * slots);
  const total = (part: number, of: number[], first: number) => {
    const gradient = backend.output(of);
    const places = { groups, stride: parts * slots, start: part * slots + first };
    backend.each(
      REDUCE,
      { partials, total: gradient },
      places,
      of.reduce((product, n) => product * n, 1),
    );
    return gradient;
  };
  const each = Array.from({ length: parts }, (_, part) => part);
  const filters = each.map((part) => total(part, filterShape, 0));
  const biases = hasBias ? each.map((part) => total(part, [params.outputs], weights)) : [];
  backend.release(partials);
  return [...filters, ...biases];
}

/** An element of the input a thread: what comes back to it from every position whose filter covers it. */
const INPUT = defineProgram('ConvGradInput', {
  params: { ...CONV_PARAMS, parts: 'u32' },
  reads: { x: 'f32', filter_: 'f32', variance: 'f32', dy: 'f32', y: 'f32', taps: 'u32', c: 'f32' },
  writes: { dx: 'f32' },
  include: [
    CLAMPED_SQUARE,
    `
fn returned(image: u32, cy: u32, cx: u32, at: u32) -> vec2f {
  let step = 1u + p.pool;
  let row = cy / step;
  let column = cx / step;
  if (row >= p.outHeight || column >= p.outWidth) { return vec2f(0.0); }
  let place = (cy % step) * 2u + cx % step;
  let base = ((image * p.outHeight + row) * p.outWidth + column) * p.outputs;
  var sums = vec2f(0.0);
  for (var o = 0u; o < p.outputs; o++) {
    let dz = dy[base + o];
    if (taps[base + o] != place || (p.relu != 0u && y[base + o] <= 0.0)) { continue; }
    sums.x += dz * filter_[at + o];
    if (p.parts == 2u) { sums.y += dz * c[base + o] * variance[at + o]; }
  }
  return sums;
}`,
  ],
  each: `
  let channel = i % p.channels;
  let column = i32((i / p.channels) % p.width + p.padding);
  let row = i32((i / p.channels / p.width) % p.height + p.padding);
  let image = i / p.channels / p.width / p.height;
  let stride = i32(p.stride);
  var sums = vec2f(0.0);
  for (var ky = 0u; ky < p.kernelHeight; ky++) {
    let y0 = row - i32(ky * p.dilation);
    if (y0 < 0 || y0 % stride != 0 || y0 / stride >= i32(p.convHeight)) { continue; }
    for (var kx = 0u; kx < p.kernelWidth; kx++) {
      let x0 = column - i32(kx * p.dilation);
      if (x0 < 0 || x0 % stride != 0 || x0 / stride >= i32(p.convWidth)) { continue; }
      let at = ((ky * p.kernelWidth + kx) * p.channels + channel) * p.outputs;
      sums += returned(image, u32(y0 / stride), u32(x0 / stride), at);
    }
  }
  dx[i] = sums.x;
  if (p.parts == 2u) { dx[i] += sums.y * clamped_square_slope(x[i]); }`,
});

function gradInput(
  backend: WebgpuBackend,
  { params }: ConvGeometry,
  { dy, x, filter, variance, y, taps, c }: Record<string, TensorInfo>,
  inputShape: number[],
): TensorInfo {
  const dx = backend.output(inputShape);
  const threads = inputShape.reduce((product, n) => product * n, 1);
  const operands = { x, filter_: filter, variance, dy, y, taps, c, dx };
  backend.each(INPUT, operands, { ...params, parts: c ? 2 : 1 }, threads);
  return dx;
}

/** dy, x, y, taps -> dFilter, dBias? */
export const ConvReluPoolGradFilter: GpuKernel<FilterAttributes> = {
  name: 'ConvReluPoolGradFilter',
  run: (inputs, backend, attributes) => {
    const geometry = convGeometry(inputs.x.shape, attributes.filterShape, attributes);
    return gradFilter(backend, geometry, inputs, attributes);
  },
};

/** dy, filter, y, taps -> dx */
export const ConvReluPoolGradInput: GpuKernel<InputAttributes> = {
  name: 'ConvReluPoolGradInput',
  run(inputs, backend, attributes) {
    const { inputShape } = attributes;
    const geometry = convGeometry(inputShape, inputs.filter.shape, attributes);
    return gradInput(backend, geometry, inputs, inputShape);
  },
};

/** dy, x, y, taps, c -> dMu, dVariance, dBiasMu?, dBiasVariance? */
export const LrtConvReluPoolGradFilter: GpuKernel<FilterAttributes & { clamp: number }> = {
  name: 'LrtConvReluPoolGradFilter',
  run(inputs, backend, attributes) {
    const geometry = convGeometry(inputs.x.shape, attributes.filterShape, attributes, attributes.clamp);
    return gradFilter(backend, geometry, inputs, attributes);
  },
};

/** dy, x, mu, variance, y, taps, c -> dx */
export const LrtConvReluPoolGradInput: GpuKernel<ConvAttributes & { clamp: number }> = {
  name: 'LrtConvReluPoolGradInput',
  run({ mu, ...inputs }, backend, attributes) {
    const { shape } = inputs.x;
    const geometry = convGeometry(shape, mu.shape, attributes, attributes.clamp);
    return gradInput(backend, geometry, { ...inputs, filter: mu }, shape);
  },
};
