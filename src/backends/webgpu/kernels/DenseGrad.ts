import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../backend.js';
import { defineProgram } from '../program.js';
import { CLAMPED_SQUARE } from '../wgsl/conv.js';
import type { GpuKernel } from './kernel.js';
import { defineProduct, multiplyOut } from './product.js';

interface DenseAttributes {
  relu: boolean;
}
type KernelAttributes = DenseAttributes & { hasBias: boolean };

const PARAMS = { outputs: 'u32', relu: 'u32', parts: 'u32', clamp: 'f32' } as const;

/** What ReLU lets pass of dy, and the same times c: the gradients of a layer's mean and variance. */
const PASSED = `
fn passed(image: u32, o: u32) -> vec2f {
  let at = image * p.outputs + o;
  if (p.relu != 0u && y[at] <= 0.0) { return vec2f(0.0); }
  return dy[at] * vec2f(1.0, select(0.0, c[select(0u, at, p.parts == 2u)], p.parts == 2u));
}`;

/** x^T dz, and max(x^2, clamp)^T (dz c). */
const KERNEL = defineProduct('DenseGradKernel', {
  params: PARAMS,
  reads: { x: 'f32', dy: 'f32', y: 'f32', c: 'f32' },
  writes: { dKernel: 'f32', dVariance: 'f32' },
  include: [
    CLAMPED_SQUARE,
    PASSED,
    `
fn left(row: u32, k: u32) -> vec2f {
  let value = x[k * p.rows + row];
  return vec2f(value, clamped_square(value));
}
fn right(k: u32, column: u32) -> vec2f { return passed(k, column); }
fn finish(row: u32, column: u32, sums: vec2f) {
  dKernel[row * p.columns + column] = sums.x;
  if (p.parts == 2u) { dVariance[row * p.columns + column] = sums.y; }
}`,
  ],
});

/** dz k^T, and 2 x (dz c) variance^T. */
const INPUT = defineProduct('DenseGradInput', {
  params: PARAMS,
  reads: { x: 'f32', kernel: 'f32', variance: 'f32', dy: 'f32', y: 'f32', c: 'f32' },
  writes: { dx: 'f32' },
  include: [
    CLAMPED_SQUARE,
    PASSED,
    `
fn left(row: u32, k: u32) -> vec2f { return passed(row, k); }
fn right(k: u32, column: u32) -> vec2f {
  let at = column * p.inner + k;
  return vec2f(kernel[at], select(0.0, variance[select(0u, at, p.parts == 2u)], p.parts == 2u));
}
fn finish(row: u32, column: u32, sums: vec2f) {
  let at = row * p.columns + column;
  var gradient = sums.x;
  if (p.parts == 2u) { gradient += sums.y * clamped_square_slope(x[at]); }
  dx[at] = gradient;
}`,
  ],
});

/** The sums of a bias over the images. */
const BIAS = defineProgram('DenseGradBias', {
  params: { images: 'u32', outputs: 'u32', relu: 'u32', parts: 'u32' },
  reads: { dy: 'f32', y: 'f32', c: 'f32' },
  writes: { dBias: 'f32', dBiasVariance: 'f32' },
  include: [PASSED],
  each: `
  var sums = vec2f(0.0);
  for (var image = 0u; image < p.images; image++) { sums += passed(image, i); }
  dBias[i] = sums.x;
  if (p.parts == 2u) { dBiasVariance[i] = sums.y; }`,
});

/** The second output of a program, or a place for it where there is none. */
function pair(backend: WebgpuBackend, shape: number[], parts: number): (TensorInfo | number)[] {
  return [backend.output(shape), parts === 2 ? backend.output(shape) : backend.allocate(4)];
}

function gradKernel(
  backend: WebgpuBackend,
  { dy, x, y, c }: Record<string, TensorInfo>,
  { relu, hasBias }: KernelAttributes,
  clamp: number,
): TensorInfo[] {
  const [images, inputs] = x.shape;
  const outputs = dy.shape[1];
  const flags = { outputs, relu: Number(relu), parts: c ? 2 : 1 };
  const kernels = pair(backend, [inputs, outputs], flags.parts);
  const sizes = { rows: inputs, columns: outputs, inner: images, ...flags, clamp };
  const operands = { x, dy, y, c, dKernel: kernels[0], dVariance: kernels[1] };
  multiplyOut(backend, KERNEL, operands, sizes);
  const biases = hasBias ? pair(backend, [outputs], flags.parts) : [];
  const [dBias, dBiasVariance] = biases;
  if (hasBias) backend.each(BIAS, { dy, y, c, dBias, dBiasVariance }, { images, ...flags }, outputs);
  return [...kernels, ...biases].filter((result) => {
    if (typeof result === 'number') backend.release(result);
    return typeof result !== 'number';
  }) as TensorInfo[];
}

function gradInput(
  backend: WebgpuBackend,
  { dy, x, kernel, variance, y, c }: Record<string, TensorInfo>,
  relu: boolean,
  clamp: number,
): TensorInfo {
  const [rows, outputs] = dy.shape;
  const columns = kernel.shape[0];
  const dx = backend.output([rows, columns]);
  const params = { rows, columns, inner: outputs, outputs, relu: Number(relu), parts: c ? 2 : 1, clamp };
  multiplyOut(backend, INPUT, { x, kernel, variance, dy, y, c, dx }, params);
  return dx;
}

/** dy, x, y -> dKernel, dBias? */
export const DenseGradKernel: GpuKernel<KernelAttributes> = {
  name: 'DenseGradKernel',
  run: (inputs, backend, attributes) => gradKernel(backend, inputs, attributes, 0),
};

/** dy, kernel, y -> dx */
export const DenseGradInput: GpuKernel<DenseAttributes> = {
  name: 'DenseGradInput',
  run: (inputs, backend, { relu }) => gradInput(backend, inputs, relu, 0),
};

/** dy, x, y, c -> dMu, dVariance, dBiasMu?, dBiasVariance? */
export const LrtDenseGradKernel: GpuKernel<KernelAttributes & { clamp: number }> = {
  name: 'LrtDenseGradKernel',
  run: (inputs, backend, attributes) => gradKernel(backend, inputs, attributes, attributes.clamp),
};

/** dy, x, mu, variance, y, c -> dx */
export const LrtDenseGradInput: GpuKernel<DenseAttributes & { clamp: number }> = {
  name: 'LrtDenseGradInput',
  run: ({ mu, ...inputs }, backend, { relu, clamp }) =>
    gradInput(backend, { ...inputs, kernel: mu }, relu, clamp),
};
