import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { floatWord } from '../engine.js';
import { type ConvAttributes, type ConvGeometry, convGeometry, roomy } from '../geometry.js';
import { Op } from '../opcodes.js';
import { optional, type SimdKernel } from './kernel.js';
import { type LrtAttributes, NOISE_BYTES } from './LrtConvReluPool.js';

/** Rows of the output an input row, and an image. */
interface SamplesAttributes {
  repeat: number;
  samples: number;
}

interface DenseAttributes {
  relu: boolean;
}

/** Rows that a dense kernel takes together, and the bytes of their lists (`assembly/dense-inference.ts`). */
const GROUP = 16;
function listBytes(inputs: number): number {
  return 128 + (GROUP / 2) * 16 * (inputs + 4);
}

/** Scratch as `assembly/conv-inference.ts` and `assembly/lrt-moments.ts` lay it out. */
function convScratch(g: ConvGeometry, planes: number): number {
  return roomy(g.paddedBytes) + planes * roomy(g.convBytes) + g.winogradBytes;
}

/** x [B,H,W,C], filter [K,K,C,O], bias? [O] -> y [B,YH,YW,O] */
export const ConvReluPoolInference: SimdKernel<ConvAttributes> = {
  name: 'ConvReluPoolInference',
  run({ x, filter, bias }, backend, attributes) {
    const g = convGeometry(backend, x.shape, filter.shape, attributes);
    const y = backend.output([g.images, ...g.output, g.channels]);
    const addresses = [
      backend.address(x),
      backend.address(filter),
      optional(backend, bias),
      backend.address(y),
    ];
    backend.dispatch(Op.ConvInference, [g.address, g.images, ...addresses], convScratch(g, 1));
    return y;
  },
};

/** The moments' sources, and the clamp. */
function sourceWords(
  backend: SimdBackend,
  { x, mu, variance, biasMu, biasVariance }: Record<string, TensorInfo>,
  { clamp }: LrtAttributes,
): number[] {
  const biases = [biasMu, biasVariance].map((info) => optional(backend, info));
  return [...[x, mu, variance].map((info) => backend.address(info)), ...biases, floatWord(clamp)];
}

function noiseWords(
  backend: SimdBackend,
  { clock, epsilon }: Record<string, TensorInfo>,
  { key0, key1 }: LrtAttributes,
): number[] {
  return [...[clock, epsilon].map((info) => optional(backend, info)), key0 | 0, key1 | 0];
}

/** The local reparameterization of a convolution: `repeat` rows of y for each of x. */
export const LrtConvReluPoolInference: SimdKernel<ConvAttributes & LrtAttributes & SamplesAttributes> = {
  name: 'LrtConvReluPoolInference',
  run(inputs, backend, attributes) {
    const { repeat, samples } = attributes;
    const g = convGeometry(backend, inputs.x.shape, inputs.mu.shape, attributes);
    const rows = g.images * repeat;
    const y = backend.output([rows, ...g.output, g.channels]);
    const source = sourceWords(backend, inputs, attributes);
    const noise = [...noiseWords(backend, inputs, attributes), backend.address(y)];
    const words = [g.address, rows / samples, samples, ...noise];
    const noiseScratch = roomy(NOISE_BYTES) + roomy(g.convBytes);
    if (repeat === 1) {
      backend.dispatch(Op.LrtConvInference, [...words, ...source], noiseScratch + convScratch(g, 2));
      return y;
    }
    const line = roomy(4 * g.output[1] * g.channels);
    const moments = backend.output(momentsShape(g, attributes));
    const at = backend.address(moments);
    backend.dispatch(Op.LrtConvMoments, [g.address, g.images, ...source, at], line + convScratch(g, 2));
    backend.dispatch(Op.LrtConvSamples, [...words, at], noiseScratch + PLACES * line + line);
    backend.disposeData(moments.dataId);
    return y;
  },
};

/** Places of a window of the pool. */
const PLACES = 4;

/** Means and standard deviations as `assembly/sample-places.ts` lays them out: each line's windows, place by place. */
function momentsShape(g: ConvGeometry, { pool }: ConvAttributes): number[] {
  const vectors = Math.ceil((g.output[1] * g.channels) / 4);
  return [g.images, g.output[0], vectors, pool ? PLACES : 1, 2, 4];
}

/** x [B,I], kernel [I,O], bias? [O] -> y [B,O] */
export const DenseInference: SimdKernel<DenseAttributes> = {
  name: 'DenseInference',
  run({ x, kernel, bias }, backend, { relu }) {
    const [rows, inputs] = x.shape;
    const outputs = kernel.shape[1];
    const y = backend.output([rows, outputs]);
    const addresses = [
      backend.address(x),
      backend.address(kernel),
      optional(backend, bias),
      backend.address(y),
    ];
    const scratch = GROUP * roomy(4 * outputs) + listBytes(inputs);
    backend.dispatch(Op.DenseInference, [rows, inputs, outputs, Number(relu), ...addresses], scratch);
    return y;
  },
};

/** The local reparameterization of a dense layer: `repeat` rows of y for each of x. */
export const LrtDenseInference: SimdKernel<DenseAttributes & LrtAttributes & SamplesAttributes> = {
  name: 'LrtDenseInference',
  run(tensors, backend, attributes) {
    const { repeat, samples, relu } = attributes;
    const [images, inputs] = tensors.x.shape;
    const outputs = tensors.mu.shape[1];
    const rows = images * repeat;
    const y = backend.output([rows, outputs]);
    const sizes = [rows, repeat, samples, inputs, outputs, Number(relu)];
    const source = sourceWords(backend, tensors, attributes);
    const noise = noiseWords(backend, tensors, attributes);
    const words = [...sizes, ...noise, backend.address(y), ...source];
    const scratch = roomy(NOISE_BYTES) + (1 + 2 * GROUP) * roomy(4 * outputs) + listBytes(inputs);
    backend.dispatch(Op.LrtDenseInference, words, scratch);
    return y;
  },
};
