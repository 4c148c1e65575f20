import type { SimdBackend } from '../backend.js';
import { roomy } from '../geometry.js';
import { Op } from '../opcodes.js';
import type { SimdKernel } from './kernel.js';

/** Partial sums of the filter's gradient at most; groups of images are fixed, so results do not depend on threads. */
const GROUPS = 16;
/** Of a tile, and tiles that are multiplied together: `assembly/conv3.ts`. */
const POINTS = 36;
const BLOCK = 16;

interface Conv3Attributes {
  stride: number;
}

/** Scratch bytes of the transformed inputs and products of a block of tiles. */
function tileBytes(channels: number, outputs: number): number {
  const wide = 4 * Math.ceil(channels / 4);
  const points = (width: number) => roomy(POINTS * (4 * BLOCK * width + 64));
  return roomy(37 * 4 * Math.max(wide, outputs)) + points(wide) + points(outputs) + 64;
}

/** One image with a row and a column of zeros more. */
function placedBytes(height: number, width: number, channels: number): number {
  return roomy(4 * (height + 1) * (width + 1) * channels) + 64;
}

/** Bytes of a transformed filter. */
function filterBytes(channels: number, outputs: number): number {
  return 4 * POINTS * channels * outputs;
}

function transformFilter(
  backend: SimdBackend,
  [, , channels, outputs]: number[],
  filter: number,
  flipped: boolean,
): number {
  const transformed = backend.allocate(filterBytes(channels, outputs));
  backend.dispatch(Op.Conv3Filter, [channels, outputs, filter, transformed, Number(flipped)], 2048);
  return transformed;
}

/** x [B,H,W,C], filter [3,3,C,O] -> y [B,H/stride,W/stride,O] */
export const Conv3: SimdKernel<Conv3Attributes> = {
  name: 'Conv3',
  run({ x, filter }, backend, { stride }) {
    const [images, height, width, channels] = x.shape;
    const outputs = filter.shape[3];
    const y = backend.output([images, height / stride, width / stride, outputs]);
    const sizes = [height, width, channels, outputs, images];
    const addresses = [backend.address(x), backend.address(filter), backend.address(y)];
    if (stride === 2) {
      backend.dispatch(
        Op.Conv3StridedForward,
        [...sizes, ...addresses],
        placedBytes(height, width, channels),
      );
      return y;
    }
    const [from, weights, to] = addresses;
    const transformed = transformFilter(backend, filter.shape, weights, false);
    backend.dispatch(Op.Conv3Forward, [...sizes, from, transformed, to], tileBytes(channels, outputs));
    backend.release(transformed);
    return y;
  },
};

/** dy, filter -> dx [B,H,W,C], C a multiple of 8 */
export const Conv3GradInput: SimdKernel<Conv3Attributes & { inputShape: number[] }> = {
  name: 'Conv3GradInput',
  run({ dy, filter }, backend, { stride, inputShape }) {
    const [images, height, width, channels] = inputShape;
    const outputs = filter.shape[3];
    const dx = backend.output(inputShape);
    const [from, weights, to] = [backend.address(dy), backend.address(filter), backend.address(dx)];
    if (stride === 2) {
      const words = [height, width, channels, outputs, images, weights, from, to];
      const scratch = placedBytes(height / 2, width / 2, outputs) + roomy(36 * channels * outputs);
      backend.dispatch(Op.Conv3StridedGradInput, words, scratch);
      return dx;
    }
    const transformed = transformFilter(backend, filter.shape, weights, true);
    const words = [height, width, outputs, channels, images, from, transformed, to];
    backend.dispatch(Op.Conv3Forward, words, tileBytes(outputs, channels));
    backend.release(transformed);
    return dx;
  },
};

/** dy, x -> dFilter [3,3,C,O] */
export const Conv3GradFilter: SimdKernel<Conv3Attributes & { filterShape: number[] }> = {
  name: 'Conv3GradFilter',
  run({ dy, x }, backend, { stride, filterShape }) {
    const [images, height, width, channels] = x.shape;
    const outputs = filterShape[3];
    const groupSize = Math.ceil(images / GROUPS);
    const groups = Math.ceil(images / groupSize);
    const size = 9 * channels * outputs;
    const partials = backend.allocate(4 * size * groups);
    const sizes = [height, width, channels, outputs, images, groups, groupSize];
    const words = [...sizes, backend.address(x), backend.address(dy), partials];
    const sums = roomy(POINTS * (16 * Math.ceil(channels / 4) * outputs + 64));
    if (stride === 2)
      backend.dispatch(Op.Conv3StridedGradFilter, words, placedBytes(height, width, channels));
    else backend.dispatch(Op.Conv3GradFilter, words, sums + tileBytes(channels, outputs));
    const dFilter = backend.output(filterShape);
    const terms = Array.from({ length: groups }, (_, group) => partials + 4 * size * group);
    backend.dispatch(Op.Sum, [size, groups, backend.address(dFilter), ...terms]);
    backend.release(partials);
    return dFilter;
  },
};
