import { tf } from '../backends/tfjs.js';
import type { ConvOptions } from './conv-options.js';
import { type Attributes, type GradientMap, hasKernel, runKernel, thunks } from './kernel.js';

const NAME = 'Conv3';

/** Channels that the engine's kernels know: a literal of the compiled code (`assembly/blocks.ts`). */
const WIDTHS = [16, 32, 64];
/** Those of the images as well, in front of a convolution with stride 1. */
const NARROW = 4;

/**
 * Whether the engine has its own kernels for this convolution: 3x3 with padding 1 and nothing behind it, of the widths of
 * small residual networks; stride 1 on maps cut into tiles of 4x4, or stride 2 on maps of even height whose output rows are cut
 * in fours.
 */
export function hasConv3(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvOptions): boolean {
  const [kernelHeight, kernelWidth, channels, outputs] = filter.shape;
  const { stride, padding, dilation, relu, pool } = options;
  if (kernelHeight !== 3 || kernelWidth !== 3 || padding !== 1 || dilation !== 1 || relu || pool)
    return false;
  if (!WIDTHS.includes(outputs) || x.size === 0 || !hasKernel(NAME)) return false;
  const [, height, width] = x.shape;
  if (stride === 1)
    return height % 4 === 0 && width % 4 === 0 && (channels <= NARROW || WIDTHS.includes(channels));
  return stride === 2 && height % 2 === 0 && width % 8 === 0 && (channels === 16 || channels === 32);
}

/** The convolution that `hasConv3` asked for: x [B, H, W, C], filter [3, 3, C, O] to [B, H / stride, W / stride, O]. */
export function conv3(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number): tf.Tensor4D {
  return runKernel(NAME, { x, filter }, { stride })[0] as tf.Tensor4D;
}

function gradient(dy: tf.Tensor, [x, filter]: tf.Tensor[], { stride }: Attributes): GradientMap {
  return thunks({
    filter: () => runKernel('Conv3GradFilter', { dy, x }, { stride, filterShape: filter.shape })[0],
    x: () => inputGradient(dy, filter, x.shape, stride as number),
  });
}

function inputGradient(dy: tf.Tensor, filter: tf.Tensor, inputShape: number[], stride: number): tf.Tensor {
  if (inputShape[3] > NARROW) return runKernel('Conv3GradInput', { dy, filter }, { stride, inputShape })[0];
  // Images have few channels, and no step asks for their gradient.
  const attributes = { strides: [stride, stride], pad: 1, dataFormat: 'NHWC', inputShape };
  return runKernel('Conv2DBackpropInput', { dy, filter }, attributes)[0];
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attributes) => gradient(dy as tf.Tensor, saved, attributes as unknown as Attributes),
});
