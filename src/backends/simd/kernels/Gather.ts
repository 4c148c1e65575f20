import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import type { SimdKernel } from './kernel.js';

/** indices [B] into planar bytes -> normalised images [B,32,32,3] */
export const GatherImages: SimdKernel<{ images: Uint8Array; mean: number[]; std: number[] }> = {
  name: 'GatherImages',
  run({ indices }, backend, { images, mean, std }) {
    const count = indices.shape[0];
    const x = backend.output([count, 32, 32, 3]);
    const scale = std.map((s) => floatWord(1 / (255 * s)));
    const shift = std.map((s, channel) => floatWord(-mean[channel] / s));
    const words = [
      count,
      backend.address(indices),
      backend.storeAddress(images),
      backend.address(x),
      ...scale,
      ...shift,
    ];
    backend.dispatch(Op.GatherImages, words);
    return x;
  },
};

/** indices [B] -> labels int32 [B] */
export const GatherLabels: SimdKernel<{ labels: Uint8Array }> = {
  name: 'GatherLabels',
  run({ indices }, backend, { labels }) {
    const count = indices.shape[0];
    const y = backend.output([count], 'int32');
    backend.dispatch(Op.GatherLabels, [
      count,
      backend.address(indices),
      backend.storeAddress(labels),
      backend.address(y),
    ]);
    return y;
  },
};
