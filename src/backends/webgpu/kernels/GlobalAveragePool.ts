import { defineProgram } from '../program.js';
import { type GpuKernel, size } from './kernel.js';

const PARAMS = { cells: 'u32', channels: 'u32' } as const;

const POOL = defineProgram('GlobalAveragePool', {
  params: PARAMS,
  reads: { x: 'f32' },
  writes: { y: 'f32' },
  each: `
  let first = i / p.channels * p.cells * p.channels + i % p.channels;
  var sum = 0.0;
  for (var cell = 0u; cell < p.cells; cell++) { sum += x[first + cell * p.channels]; }
  y[i] = sum / f32(p.cells);`,
});

/** x [B,H,W,C] -> y [B,C] */
export const GlobalAveragePool: GpuKernel<unknown> = {
  name: 'GlobalAveragePool',
  run({ x }, backend) {
    const [images, height, width, channels] = x.shape;
    const y = backend.output([images, channels]);
    backend.each(POOL, { x, y }, { cells: height * width, channels }, size(y));
    return y;
  },
};

const GRADIENT = defineProgram('GlobalAveragePoolGrad', {
  params: PARAMS,
  reads: { dy: 'f32' },
  writes: { dx: 'f32' },
  each: 'dx[i] = dy[i / p.channels / p.cells * p.channels + i % p.channels] / f32(p.cells);',
});

/** dy [B,C] -> dx [B,H,W,C] */
export const GlobalAveragePoolGrad: GpuKernel<{ inputShape: number[] }> = {
  name: 'GlobalAveragePoolGrad',
  run({ dy }, backend, { inputShape }) {
    const [, height, width, channels] = inputShape;
    const dx = backend.output(inputShape);
    backend.each(GRADIENT, { dy, dx }, { cells: height * width, channels }, size(dx));
    return dx;
  },
};
