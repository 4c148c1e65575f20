import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { floatWord } from '../engine.js';
import { type ConvAttributes, type ConvGeometry, convGeometry, roomy } from '../geometry.js';
import { Op } from '../opcodes.js';
import { optional, type SimdKernel, zeroGradients } from './kernel.js';

type FilterAttributes = ConvAttributes & { filterShape: number[]; hasBias: boolean };
type InputAttributes = ConvAttributes & { inputShape: number[] };

/** Partial sums of the filter's gradient at most; groups of images are fixed, so results do not depend on threads. */
const GROUPS = 16;

function gradFilter(
  backend: SimdBackend,
  g: ConvGeometry,
  { dy, x, y, taps, c }: Record<string, TensorInfo>,
  { filterShape, hasBias }: FilterAttributes,
  clamp: number,
): TensorInfo[] {
  const parts = c ? 2 : 1;
  if (g.images === 0) return zeroGradients(backend, parts, filterShape, hasBias);
  const groupSize = Math.ceil(g.images / GROUPS);
  const groups = Math.ceil(g.images / groupSize);
  const partialBytes = Math.ceil((parts * (g.filterBytes + 4 * g.channels)) / 64) * 64;
  const partials = backend.allocate(groups * partialBytes);
  const lists = g.channels * (g.output[0] * g.output[1] + 1) * 16;
  const words = [
    g.address,
    g.images,
    groups,
    groupSize,
    backend.address(x),
    backend.address(dy),
    backend.address(y),
    backend.address(taps),
    optional(backend, c),
    floatWord(clamp),
    partials,
    partialBytes,
  ];
  backend.dispatch(Op.ConvGradFilter, words, 2 * roomy(g.paddedBytes) + roomy(4 * g.channels) + roomy(lists));
  const results = Array.from({ length: parts }, () => backend.output(filterShape));
  const biases = hasBias ? Array.from({ length: parts }, () => backend.output([g.channels])) : [];
  const [dFilter, dVariance] = results;
  const [dBias, dBiasVariance] = biases;
  const targets = [dFilter, dBias, dVariance, dBiasVariance].map((info) => optional(backend, info));
  backend.dispatch(Op.ConvGradFilterReduce, [g.address, groups, partials, partialBytes, ...targets]);
  backend.release(partials);
  return [...results, ...biases];
}

function gradInput(
  backend: SimdBackend,
  g: ConvGeometry,
  { dy, x, filter, variance, y, taps, c }: Record<string, TensorInfo>,
  inputShape: number[],
  clamp: number,
): TensorInfo {
  const dx = backend.output(inputShape);
  const words = [
    g.address,
    g.images,
    optional(backend, x),
    backend.address(filter),
    optional(backend, variance),
    backend.address(dy),
    backend.address(y),
    backend.address(taps),
    optional(backend, c),
    floatWord(clamp),
    backend.address(dx),
  ];
  const windows = g.output[0] * g.output[1];
  const lists = 32 * (g.channels + 1) + (16 * (g.channels + 1) + 8) * windows + 16;
  backend.dispatch(
    Op.ConvGradInput,
    words,
    roomy(lists) + 2 * roomy(g.gradFilterBytes) + 2 * roomy(g.paddedBytes),
  );
  return dx;
}

/** dy, x, y, taps -> dFilter, dBias? */
export const ConvReluPoolGradFilter: SimdKernel<FilterAttributes> = {
  name: 'ConvReluPoolGradFilter',
  run: ({ dy, x, y, taps }, backend, attributes) =>
    gradFilter(
      backend,
      convGeometry(backend, x.shape, attributes.filterShape, attributes),
      { dy, x, y, taps },
      attributes,
      0,
    ),
};

/** dy, filter, y, taps -> dx */
export const ConvReluPoolGradInput: SimdKernel<InputAttributes> = {
  name: 'ConvReluPoolGradInput',
  run({ dy, filter, y, taps }, backend, attributes) {
    const g = convGeometry(backend, attributes.inputShape, filter.shape, attributes);
    return gradInput(backend, g, { dy, filter, y, taps }, attributes.inputShape, 0);
  },
};

/** dy, x, y, taps, c -> dMu, dVariance, dBiasMu?, dBiasVariance? */
export const LrtConvReluPoolGradFilter: SimdKernel<FilterAttributes & { clamp: number }> = {
  name: 'LrtConvReluPoolGradFilter',
  run({ dy, x, y, taps, c }, backend, attributes) {
    const g = convGeometry(backend, x.shape, attributes.filterShape, attributes);
    return gradFilter(backend, g, { dy, x, y, taps, c }, attributes, attributes.clamp);
  },
};

/** dy, x, mu, variance, y, taps, c -> dx */
export const LrtConvReluPoolGradInput: SimdKernel<ConvAttributes & { clamp: number }> = {
  name: 'LrtConvReluPoolGradInput',
  run({ dy, x, mu, variance, y, taps, c }, backend, attributes) {
    const g = convGeometry(backend, x.shape, mu.shape, attributes);
    return gradInput(backend, g, { dy, x, filter: mu, variance, y, taps, c }, x.shape, attributes.clamp);
  },
};
