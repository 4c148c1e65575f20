import { Op } from '../opcodes.js';
import type { SimdKernel } from './kernel.js';

interface PoolAttributes {
  /** Of the pool's input. */
  shape: number[];
}

/** x [B, H, W, C] -> y = 3x3 max-pool with stride 2, taps (place in the window) */
export const OverlappingPool: SimdKernel<PoolAttributes> = {
  name: 'OverlappingPool',
  run({ x }, backend) {
    const [images, height, width, channels] = x.shape;
    const shape = [images, (height - 1) >> 1, (width - 1) >> 1, channels];
    const outputs = [backend.output(shape), backend.output(shape, 'int32')];
    const addresses = [x, ...outputs].map((info) => backend.address(info));
    backend.dispatch(Op.OverlappingPool, [images, height, width, channels, ...addresses]);
    return outputs;
  },
};

/** dy, taps -> dx */
export const OverlappingPoolGrad: SimdKernel<PoolAttributes> = {
  name: 'OverlappingPoolGrad',
  run({ dy, taps }, backend, { shape }) {
    const dx = backend.output(shape);
    const addresses = [dy, taps, dx].map((info) => backend.address(info));
    backend.dispatch(Op.OverlappingPoolGrad, [...shape, ...addresses]);
    return dx;
  },
};
