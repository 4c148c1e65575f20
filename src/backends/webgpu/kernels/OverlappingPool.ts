import { defineProgram } from '../program.js';
import { type GpuKernel, size } from './kernel.js';

interface PoolAttributes {
  /** Of the pool's input. */
  shape: number[];
}

const PARAMS = { height: 'u32', width: 'u32', channels: 'u32', outHeight: 'u32', outWidth: 'u32' } as const;

function paramsOf([, height, width, channels]: readonly number[]) {
  return { height, width, channels, outHeight: (height - 1) >> 1, outWidth: (width - 1) >> 1 };
}

/** The first maximum of a 3x3 window; NaN wins, and stays. */
const POOL = defineProgram('OverlappingPool', {
  params: PARAMS,
  reads: { x: 'f32' },
  writes: { y: 'f32', taps: 'i32' },
  each: `
  let channel = i % p.channels;
  let column = (i / p.channels) % p.outWidth;
  let row = (i / p.channels / p.outWidth) % p.outHeight;
  let image = i / p.channels / p.outWidth / p.outHeight;
  var best = 0.0;
  var place = 0;
  for (var cell = 0u; cell < 9u; cell++) {
    let position = (image * p.height + 2u * row + cell / 3u) * p.width + 2u * column + cell % 3u;
    let value = x[position * p.channels + channel];
    if (cell == 0u || value > best || value != value) { best = value; place = i32(cell); }
  }
  y[i] = best;
  taps[i] = place;`,
});

/** x [B, H, W, C] -> y = 3x3 max-pool with stride 2, taps (place in the window) */
export const OverlappingPool: GpuKernel<PoolAttributes> = {
  name: 'OverlappingPool',
  run({ x }, backend) {
    const params = paramsOf(x.shape);
    const shape = [x.shape[0], params.outHeight, params.outWidth, params.channels];
    const [y, taps] = [backend.output(shape), backend.output(shape, 'int32')];
    backend.each(POOL, { x, y, taps }, params, size(y));
    return [y, taps];
  },
};

/** One element of the input a thread: the gradients of the windows, four at most, that chose it. */
const GRADIENT = defineProgram('OverlappingPoolGrad', {
  params: PARAMS,
  reads: { dy: 'f32', taps: 'u32' },
  writes: { dx: 'f32' },
  each: `
  let channel = i % p.channels;
  let column = (i / p.channels) % p.width;
  let row = (i / p.channels / p.width) % p.height;
  let image = i / p.channels / p.width / p.height;
  var sum = 0.0;
  for (var ky = row % 2u; ky < 3u; ky += 2u) {
    for (var kx = column % 2u; kx < 3u; kx += 2u) {
      if (ky > row || kx > column) { continue; }
      let from_row = (row - ky) / 2u;
      let from_column = (column - kx) / 2u;
      if (from_row >= p.outHeight || from_column >= p.outWidth) { continue; }
      let at = ((image * p.outHeight + from_row) * p.outWidth + from_column) * p.channels + channel;
      if (taps[at] == 3u * ky + kx) { sum += dy[at]; }
    }
  }
  dx[i] = sum;`,
});

/** dy, taps -> dx */
export const OverlappingPoolGrad: GpuKernel<PoolAttributes> = {
  name: 'OverlappingPoolGrad',
  run({ dy, taps }, backend, { shape }) {
    const dx = backend.output(shape);
    backend.each(GRADIENT, { dy, taps, dx }, paramsOf(shape), size(dx));
    return dx;
  },
};
