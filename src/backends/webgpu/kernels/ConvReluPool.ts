import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../backend.js';
import { type ConvAttributes, convGeometry } from '../geometry.js';
import { defineProgram } from '../program.js';
import { CONV_CELL, CONV_PARAMS } from '../wgsl/conv.js';
import { type GpuKernel, size } from './kernel.js';

/** One output a thread: the convolution at each place of its pool window, whose first maximum goes on. NaN wins, and stays. */
const CONV = defineProgram('ConvReluPool', {
  params: { ...CONV_PARAMS, biased: 'u32', keeps: 'u32' },
  reads: { x: 'f32', filter_: 'f32', bias: 'f32' },
  writes: { y: 'f32', taps: 'i32' },
  include: [
    CONV_CELL,
    `
fn convolve(image: u32, cy: u32, cx: u32, o: u32) -> f32 {
  var sum = 0.0;
  for (var ky = 0u; ky < p.kernelHeight; ky++) {
    for (var kx = 0u; kx < p.kernelWidth; kx++) {
      let cell = input_cell(cy, cx, ky, kx);
      if (!inside(cell)) { continue; }
      let base = ((image * p.height + u32(cell.x)) * p.width + u32(cell.y)) * p.channels;
      let at = (ky * p.kernelWidth + kx) * p.channels * p.outputs + o;
      for (var c = 0u; c < p.channels; c++) { sum += x[base + c] * filter_[at + c * p.outputs]; }
    }
  }
  return sum;
}`,
  ],
  each: `
  let o = i % p.outputs;
  let column = (i / p.outputs) % p.outWidth;
  let row = (i / p.outputs / p.outWidth) % p.outHeight;
  let image = i / p.outputs / p.outWidth / p.outHeight;
  let step = 1u + p.pool;
  var best = 0.0;
  var place = 0;
  for (var cell = 0u; cell < step * step; cell++) {
    var z = convolve(image, row * step + cell / 2u, column * step + cell % 2u, o);
    if (p.biased != 0u) { z += bias[o]; }
    if (cell == 0u || z > best || z != z) { best = z; place = i32(cell); }
  }
  y[i] = select(best, 0.0, p.relu != 0u && best < 0.0);
  if (p.keeps != 0u) { taps[i] = place; }`,
});

function forward(
  backend: WebgpuBackend,
  { x, filter, bias }: Record<string, TensorInfo>,
  attributes: ConvAttributes,
  keeps: boolean,
): TensorInfo[] {
  const { params, shape } = convGeometry(x.shape, filter.shape, attributes);
  const y = backend.output(shape);
  const taps = keeps ? backend.output(shape, 'int32') : backend.allocate(4);
  const flags = { biased: Number(bias !== undefined), keeps: Number(keeps) };
  backend.each(CONV, { x, filter_: filter, bias, y, taps }, { ...params, ...flags }, size(y));
  if (typeof taps !== 'number') return [y, taps];
  backend.release(taps);
  return [y];
}

/** x [B,H,W,C], filter [K,K,C,O], bias? [O] -> y [B,YH,YW,O], taps (place in the pool window). */
export const ConvReluPool: GpuKernel<ConvAttributes> = {
  name: 'ConvReluPool',
  run: (inputs, backend, attributes) => forward(backend, inputs, attributes, true),
};

/** The same without taps, where no gradient follows. */
export const ConvReluPoolInference: GpuKernel<ConvAttributes> = {
  name: 'ConvReluPoolInference',
  run: (inputs, backend, attributes) => forward(backend, inputs, attributes, false),
};
