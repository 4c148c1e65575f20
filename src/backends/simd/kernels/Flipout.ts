import type { TensorInfo } from '@tensorflow/tfjs-core';
import { Op } from '../opcodes.js';
import type { SimdKernel } from './kernel.js';

export interface SignAttributes {
  key0: number;
  key1: number;
}

interface SumAttributes extends SignAttributes {
  relu: boolean;
  pool: boolean;
  /** Of the pre-activation. */
  shape: number[];
}

/** Bytes of an image's signs: whole blocks of 128, and room for a vector read past them. */
function signScratch(channels: number): number {
  return 512 * Math.ceil(channels / 128) + 64;
}

/** [images, height, width, channels] of a pre-activation [B, H, W, O] or [B, O]. */
function extent(shape: readonly number[]): number[] {
  return shape.length === 4 ? [...shape] : [shape[0], 1, 1, shape[1]];
}

/** x [B, ..., C], clock -> x times the random signs of its images' channels */
export const FlipSigns: SimdKernel<SignAttributes> = {
  name: 'FlipSigns',
  run({ x, clock }, backend, { key0, key1 }) {
    const images = x.shape[0];
    const channels = x.shape[x.shape.length - 1];
    const y = backend.output(x.shape);
    const cells = x.shape.slice(1, -1).reduce((product, length) => product * length, 1);
    const sizes = [images, cells, channels];
    const words = [
      ...sizes,
      ...[x, clock].map((info) => backend.address(info)),
      key0,
      key1,
      backend.address(y),
    ];
    backend.dispatch(Op.FlipSigns, words, signScratch(channels));
    return y;
  },
};

/** mean, delta, clock -> y = pool(relu(mean + signs delta)), taps (place in the pool window) */
export const FlipoutSum: SimdKernel<SumAttributes> = {
  name: 'FlipoutSum',
  run({ mean, delta, clock }, backend, { relu, pool, key0, key1 }) {
    const [images, height, width, channels] = extent(mean.shape);
    const cells = pool ? [height >> 1, width >> 1] : [height, width];
    const shape = mean.shape.length === 4 ? [images, ...cells, channels] : mean.shape;
    const y = backend.output(shape);
    const taps = backend.output(shape, 'int32');
    const inputs = [mean, delta, clock].map((info) => backend.address(info));
    const outputs = [y, taps].map((info) => backend.address(info));
    const sizes = [images, height, width, channels, Number(relu), Number(pool)];
    backend.dispatch(Op.FlipoutSum, [...sizes, ...inputs, key0, key1, ...outputs], signScratch(channels));
    return [y, taps];
  },
};

/** dy, y, taps, clock -> dMean, dDelta */
export const FlipoutSumGrad: SimdKernel<SumAttributes> = {
  name: 'FlipoutSumGrad',
  run({ dy, y, taps, clock }, backend, { relu, pool, shape, key0, key1 }): TensorInfo[] {
    const [images, height, width, channels] = extent(shape);
    const [dMean, dDelta] = [backend.output(shape), backend.output(shape)];
    const inputs = [dy, y, taps, clock].map((info) => backend.address(info));
    const outputs = [dMean, dDelta].map((info) => backend.address(info));
    const sizes = [images, height, width, channels, Number(relu), Number(pool)];
    backend.dispatch(Op.FlipoutSumGrad, [...sizes, ...inputs, key0, key1, ...outputs], signScratch(channels));
    return [dMean, dDelta];
  },
};
