import { tf } from '../backends/tfjs.js';
import { checkTensor } from './check-tensors.js';
import { activate, convolve } from './conv-composition.js';
import { type ConvOptions, convOutputShape } from './conv-options.js';
import { conv3, hasConv3 } from './conv3.js';
import {
  type Attributes,
  differentiating,
  type GradientMap,
  hasKernel,
  runKernel,
  thunks,
} from './kernel.js';

const NAME = 'ConvReluPool';
/** The same forward pass where no gradient follows. */
const INFERENCE = 'ConvReluPoolInference';

/**
 * Convolution, bias, then ReLU and a 2x2 max-pool where the options ask for them.
 * @param x [B, H, W, C] @param filter [K, K, C, O] @param bias [O] or none
 * @returns [B, OH, OW, O], halved by the pool; the pool's gradient goes to a window's first maximum
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function convReluPool(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  options: ConvOptions,
): tf.Tensor4D {
  convOutputShape('convReluPool', x, filter, options);
  checkTensor('convReluPool', 'x', x, x.shape);
  checkTensor('convReluPool', 'filter', filter, filter.shape);
  checkTensor('convReluPool', 'bias', bias, [filter.shape[3]]);
  if (bias === undefined && hasConv3(x, filter, options)) return conv3(x, filter, options.stride);
  return tf.tidy(() => {
    if (!differentiating() && hasKernel(INFERENCE))
      return runKernel(INFERENCE, { x, filter, bias }, { ...options })[0] as tf.Tensor4D;
    if (hasKernel(NAME)) {
      const attributes = { ...options, hasBias: bias !== undefined };
      return runKernel(NAME, { x, filter, bias }, attributes)[0] as tf.Tensor4D;
    }
    const convolved = convolve(x, filter, options);
    return activate(bias === undefined ? convolved : tf.add(convolved, bias), options);
  });
}

/** The fused kernel's gradient: dy of [y, taps], saved [x, filter, y, taps]. */
function gradient(dys: tf.Tensor[], saved: tf.Tensor[], attributes: Attributes): GradientMap {
  const [dy] = dys;
  const [x, filter, y, taps] = saved;
  // Not inside the thunk: each thunk has a tidy of its own, which would dispose the bias's share.
  const [dFilter, dBias] = runKernel(
    'ConvReluPoolGradFilter',
    { dy, x, y, taps },
    { ...attributes, filterShape: filter.shape },
  );
  return thunks({
    filter: dFilter,
    bias: dBias,
    x: () =>
      runKernel('ConvReluPoolGradInput', { dy, filter, y, taps }, { ...attributes, inputShape: x.shape })[0],
  });
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['x', 'filter'],
  outputsToSave: [true, true],
  gradFunc: (dy, saved, attributes) =>
    gradient(dy as tf.Tensor[], saved, attributes as unknown as Attributes),
});
