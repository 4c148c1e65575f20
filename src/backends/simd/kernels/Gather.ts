import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import type { SimdKernel } from './kernel.js';

/** Scratch bytes of the augmenting gather, as in `assembly/gather.ts`: rows of 3 x 96 and of 3 x 32 bytes. */
const AUGMENT_SCRATCH = 384;

/** indices [B] into planar bytes, transforms [3 B] where images are augmented -> normalised images [B,32,32,3] */
export const GatherImages: SimdKernel<{ images: Uint8Array; mean: number[]; std: number[] }> = {
  name: 'GatherImages',
  run({ indices, transforms }, backend, { images, mean, std }) {
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
    if (transforms === undefined) backend.dispatch(Op.GatherImages, words);
    else backend.dispatch(Op.GatherAugmented, [...words, backend.address(transforms)], AUGMENT_SCRATCH);
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
