import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import { optional, type SimdKernel, zeroGradients } from './kernel.js';
import type { LrtAttributes } from './LrtConvReluPool.js';

interface DenseAttributes {
  relu: boolean;
}

/** Bytes of a [images][outputs] gradient with padded rows, as `assembly/dense.ts` keeps it in scratch. */
function gradientBytes(images: number, outputs: number): number {
  return 4 * Math.ceil(images / 4) * 4 * Math.ceil(outputs / 8) * 8;
}

/** Up to so many images, a kernel of at least so many rows is split among the threads by rows, else by columns. */
const FEW = 4;
const MANY = 256;
/** Partial sums, as in `assembly/dense.ts`. */
const GROUPS = 4;

function runByRows(
  backend: SimdBackend,
  { x, kernel, bias, y }: Record<'x' | 'kernel' | 'y', TensorInfo> & { bias?: TensorInfo | undefined },
  relu: boolean,
): void {
  const [images, inputs] = x.shape;
  const outputs = kernel.shape[1];
  const partials = backend.allocate(256 * GROUPS * Math.ceil(outputs / 16));
  const sources = [backend.address(x), backend.address(kernel)];
  backend.dispatch(Op.DensePartial, [images, inputs, outputs, ...sources, partials]);
  const targets = [partials, optional(backend, bias), backend.address(y)];
  backend.dispatch(Op.DenseSum, [images, outputs, Number(relu), ...targets], 512);
  backend.release(partials);
}

/** x [B,I], kernel [I,O], bias? [O] -> y [B,O] */
export const Dense: SimdKernel<DenseAttributes> = {
  name: 'Dense',
  run({ x, kernel, bias }, backend, { relu }) {
    const [images, inputs] = x.shape;
    const outputs = kernel.shape[1];
    const y = backend.output([images, outputs]);
    if (images > 0 && images <= FEW && inputs >= MANY) {
      runByRows(backend, { x, kernel, bias, y }, relu);
      return y;
    }
    const addresses = [
      backend.address(x),
      backend.address(kernel),
      optional(backend, bias),
      backend.address(y),
    ];
    backend.dispatch(Op.DenseForward, [images, inputs, outputs, Number(relu), ...addresses], 512);
    return y;
  },
};

/** The local reparameterization of a dense layer: y and c = epsilon / (2 std). */
export const LrtDense: SimdKernel<DenseAttributes & LrtAttributes> = {
  name: 'LrtDense',
  run({ x, mu, variance, biasMu, biasVariance, clock, epsilon }, backend, { relu, clamp, key0, key1 }) {
    const [images, inputs] = x.shape;
    const outputs = mu.shape[1];
    const y = backend.output([images, outputs]);
    const c = backend.output([images, outputs]);
    const words = [
      images,
      inputs,
      outputs,
      Number(relu),
      backend.address(x),
      backend.address(mu),
      backend.address(variance),
      optional(backend, biasMu),
      optional(backend, biasVariance),
      optional(backend, clock),
      optional(backend, epsilon),
      key0 | 0,
      key1 | 0,
      floatWord(clamp),
      backend.address(y),
      backend.address(c),
    ];
    backend.dispatch(Op.LrtDenseForward, words, 1280 + 16 * inputs);
    return [y, c];
  },
};

type KernelAttributes = DenseAttributes & { hasBias: boolean };

function gradKernel(
  backend: SimdBackend,
  { dy, x, y, c }: Record<string, TensorInfo>,
  { relu, hasBias }: KernelAttributes,
  clamp: number,
): TensorInfo[] {
  const [images, inputs] = x.shape;
  const outputs = dy.shape[1];
  const parts = c ? 2 : 1;
  if (images === 0) return zeroGradients(backend, parts, [inputs, outputs], hasBias);
  const kernels = Array.from({ length: parts }, () => backend.output([inputs, outputs]));
  const biases = hasBias ? Array.from({ length: parts }, () => backend.output([outputs])) : [];
  const targets = [kernels[0], biases[0], kernels[1], biases[1]].map((info) => optional(backend, info));
  const sources = [backend.address(x), backend.address(dy), backend.address(y), optional(backend, c)];
  const words = [images, inputs, outputs, Number(relu), ...sources, floatWord(clamp), ...targets];
  const squared = c ? 4 * images * (inputs + 12) : 0;
  backend.dispatch(Op.DenseGradKernel, words, 512 + gradientBytes(images, outputs) + squared);
  return [...kernels, ...biases];
}

function gradInput(
  backend: SimdBackend,
  { dy, x, kernel, variance, y, c }: Record<string, TensorInfo>,
  relu: boolean,
  clamp: number,
): TensorInfo {
  const [images, outputs] = dy.shape;
  const inputs = kernel.shape[0];
  const dx = backend.output([images, inputs]);
  const sources = [optional(backend, x), backend.address(kernel), optional(backend, variance)];
  const gradients = [backend.address(dy), backend.address(y), optional(backend, c)];
  const words = [
    images,
    inputs,
    outputs,
    Number(relu),
    ...sources,
    ...gradients,
    floatWord(clamp),
    backend.address(dx),
  ];
  backend.dispatch(Op.DenseGradInput, words, 512 + 2 * gradientBytes(images, outputs));
  return dx;
}

/** dy, x, y -> dKernel, dBias? */
export const DenseGradKernel: SimdKernel<KernelAttributes> = {
  name: 'DenseGradKernel',
  run: ({ dy, x, y }, backend, attributes) => gradKernel(backend, { dy, x, y }, attributes, 0),
};

/** dy, kernel, y -> dx */
export const DenseGradInput: SimdKernel<DenseAttributes> = {
  name: 'DenseGradInput',
  run: ({ dy, kernel, y }, backend, { relu }) => gradInput(backend, { dy, kernel, y }, relu, 0),
};

/** dy, x, y, c -> dMu, dVariance, dBiasMu?, dBiasVariance? */
export const LrtDenseGradKernel: SimdKernel<KernelAttributes & { clamp: number }> = {
  name: 'LrtDenseGradKernel',
  run: ({ dy, x, y, c }, backend, attributes) =>
    gradKernel(backend, { dy, x, y, c }, attributes, attributes.clamp),
};

/** dy, x, mu, variance, y, c -> dx */
export const LrtDenseGradInput: SimdKernel<DenseAttributes & { clamp: number }> = {
  name: 'LrtDenseGradInput',
  run: ({ dy, x, mu, variance, y, c }, backend, { relu, clamp }) =>
    gradInput(backend, { dy, x, kernel: mu, variance, y, c }, relu, clamp),
};
