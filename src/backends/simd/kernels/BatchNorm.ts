import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import { optional, type SimdKernel } from './kernel.js';

interface BatchNormAttributes {
  relu: boolean;
  epsilon: number;
  momentum: number;
  shortcutShape?: number[];
}

/** y = relu((x - mean) scale / s + shift + shortcut), stats [2, C] = means and 1 / s. */
function apply(
  backend: SimdBackend,
  { x, stats, scale, shift, shortcut }: Record<string, TensorInfo>,
  relu: boolean,
): TensorInfo {
  const [images, height, width, channels] = x.shape;
  const y = backend.output(x.shape);
  const added = shortcut ? [shortcut.shape[3], shortcut.shape[1] / height] : [0, 0];
  const sources = [x, stats, scale, shift].map((info) => backend.address(info));
  const sizes = [images, height, width, channels, Number(relu)];
  const words = [...sizes, ...sources, optional(backend, shortcut), ...added, backend.address(y)];
  backend.dispatch(Op.BatchNormApply, words);
  return y;
}

/** x [B,H,W,C], state, shortcut? -> y, stats; the running statistics move in place. */
export const BatchNorm: SimdKernel<BatchNormAttributes> = {
  name: 'BatchNorm',
  run({ x, scale, shift, runningMean, runningVariance, shortcut }, backend, { relu, epsilon, momentum }) {
    const [images, height, width, channels] = x.shape;
    const stats = backend.output([2, channels]);
    const partials = backend.allocate(8 * channels * images);
    const sizes = [images, height * width, channels];
    backend.dispatch(Op.BatchNormMoments, [...sizes, backend.address(x), partials]);
    const running = [backend.address(runningMean), backend.address(runningVariance)];
    const factors = [floatWord(epsilon), floatWord(momentum)];
    backend.dispatch(Op.BatchNormStatistics, [
      ...sizes,
      partials,
      ...running,
      ...factors,
      backend.address(stats),
    ]);
    backend.release(partials);
    return [apply(backend, { x, stats, scale, shift, shortcut }, relu), stats];
  },
};

/** The same by the running statistics; nothing is kept. */
export const BatchNormInference: SimdKernel<BatchNormAttributes> = {
  name: 'BatchNormInference',
  run({ x, scale, shift, runningMean, runningVariance, shortcut }, backend, { relu, epsilon }) {
    const channels = x.shape[3];
    const stats = backend.output([2, channels]);
    const running = [backend.address(runningMean), backend.address(runningVariance)];
    const words = [channels, ...running, floatWord(epsilon), backend.address(stats)];
    backend.dispatch(Op.BatchNormRunning, words);
    const y = apply(backend, { x, stats, scale, shift, shortcut }, relu);
    backend.disposeData(stats.dataId);
    return y;
  },
};

/** dy, x, scale, y, stats -> dx, dScale, dShift, dShortcut? */
export const BatchNormGrad: SimdKernel<BatchNormAttributes> = {
  name: 'BatchNormGrad',
  run({ dy, x, scale, y, stats }, backend, { relu, shortcutShape }) {
    const [images, height, width, channels] = x.shape;
    const sizes = [images, height * width, channels];
    const alike = shortcutShape !== undefined && shortcutShape.join() === x.shape.join();
    const dz = alike ? backend.output(x.shape) : undefined;
    const partials = backend.allocate(8 * channels * images);
    const [from, out, input, values] = [dy, y, x, stats].map((info) => backend.address(info));
    const sums = [...sizes, Number(relu), from, out, input, values, partials, optional(backend, dz)];
    backend.dispatch(Op.BatchNormGradSums, sums);
    const [dScale, dShift, dx] = [[channels], [channels], x.shape].map((shape) => backend.output(shape));
    const targets = [backend.address(dScale), backend.address(dShift)];
    backend.dispatch(Op.BatchNormGradStatistics, [images, channels, partials, values, ...targets]);
    backend.release(partials);
    // What ReLU lets pass is known already where it was kept.
    const [passed, masked] = dz ? [backend.address(dz), 0] : [from, Number(relu)];
    const factors = [values, backend.address(scale), ...targets, backend.address(dx)];
    backend.dispatch(Op.BatchNormGradApply, [...sizes, masked, passed, out, input, ...factors]);
    if (shortcutShape === undefined) return [dx, dScale, dShift];
    return [dx, dScale, dShift, dz ?? shortcutGradient(backend, { dy, y }, relu, shortcutShape)];
  },
};

function shortcutGradient(
  backend: SimdBackend,
  { dy, y }: Record<'dy' | 'y', TensorInfo>,
  relu: boolean,
  shape: number[],
): TensorInfo {
  const dShortcut = backend.output(shape);
  const sizes = [...y.shape, Number(relu), backend.address(dy), backend.address(y)];
  const words = [...sizes, shape[3], shape[1] / y.shape[1], backend.address(dShortcut)];
  backend.dispatch(Op.ShortcutGrad, words);
  return dShortcut;
}
