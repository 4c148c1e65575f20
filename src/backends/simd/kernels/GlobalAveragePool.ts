import { Op } from '../opcodes.js';
import type { SimdKernel } from './kernel.js';

/** x [B,H,W,C] -> y [B,C] */
export const GlobalAveragePool: SimdKernel<unknown> = {
  name: 'GlobalAveragePool',
  run({ x }, backend) {
    const [images, height, width, channels] = x.shape;
    const y = backend.output([images, channels]);
    const words = [images, height * width, channels, backend.address(x), backend.address(y)];
    backend.dispatch(Op.AveragePool, words);
    return y;
  },
};

/** dy [B,C] -> dx [B,H,W,C] */
export const GlobalAveragePoolGrad: SimdKernel<{ inputShape: number[] }> = {
  name: 'GlobalAveragePoolGrad',
  run({ dy }, backend, { inputShape }) {
    const [images, height, width, channels] = inputShape;
    const dx = backend.output(inputShape);
    const words = [images, height * width, channels, backend.address(dy), backend.address(dx)];
    backend.dispatch(Op.AveragePoolGrad, words);
    return dx;
  },
};
