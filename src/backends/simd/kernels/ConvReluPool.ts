import { type ConvAttributes, convGeometry, roomy } from '../geometry.js';
import { Op } from '../opcodes.js';
import { optional, type SimdKernel } from './kernel.js';

/** x [B,H,W,C], filter [K,K,C,O], bias? [O] -> y [B,YH,YW,O], taps (place in the pool window). */
export const ConvReluPool: SimdKernel<ConvAttributes> = {
  name: 'ConvReluPool',
  run({ x, filter, bias }, backend, attributes) {
    const g = convGeometry(backend, x.shape, filter.shape, attributes);
    const shape = [g.images, ...g.output, g.channels];
    const y = backend.output(shape);
    const taps = backend.output(shape, 'int32');
    const [from, weights, offset] = [backend.address(x), backend.address(filter), optional(backend, bias)];
    const words = [g.address, g.images, from, weights, offset, backend.address(y), backend.address(taps)];
    backend.dispatch(Op.ConvForward, words, roomy(g.paddedBytes) + roomy(g.convBytes) + g.winogradBytes);
    return [y, taps];
  },
};
