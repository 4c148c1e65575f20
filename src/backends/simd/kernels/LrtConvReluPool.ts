import { floatWord } from '../engine.js';
import { type ConvAttributes, convGeometry, roomy } from '../geometry.js';
import { Op } from '../opcodes.js';
import { optional, type SimdKernel } from './kernel.js';

/** Bytes of a noise area (`assembly/noise-row.ts`). */
export const NOISE_BYTES = 2368;

export interface LrtAttributes {
  clamp: number;
  key0: number;
  key1: number;
}

/** The local reparameterization of a convolution: y, taps and c = epsilon / (2 std) at the chosen place. */
export const LrtConvReluPool: SimdKernel<ConvAttributes & LrtAttributes> = {
  name: 'LrtConvReluPool',
  run({ x, mu, variance, biasMu, biasVariance, clock, epsilon }, backend, attributes) {
    const g = convGeometry(backend, x.shape, mu.shape, attributes);
    const shape = [g.images, ...g.output, g.channels];
    const y = backend.output(shape);
    const taps = backend.output(shape, 'int32');
    const c = backend.output(shape);
    const words = [
      g.address,
      g.images,
      backend.address(x),
      backend.address(mu),
      backend.address(variance),
      optional(backend, biasMu),
      optional(backend, biasVariance),
      optional(backend, clock),
      optional(backend, epsilon),
      attributes.key0 | 0,
      attributes.key1 | 0,
      floatWord(attributes.clamp),
      backend.address(y),
      backend.address(taps),
      backend.address(c),
    ];
    backend.dispatch(
      Op.LrtConvForward,
      words,
      roomy(NOISE_BYTES) + 2 * roomy(g.paddedBytes) + 2 * roomy(g.convBytes) + g.winogradBytes,
    );
    return [y, taps, c];
  },
};
