import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import { checkTensor } from './check-tensors.js';
import { hasKernel, runKernel, thunks } from './kernel.js';

const NAME = 'OverlappingPool';

/**
 * A 3x3 max-pool with stride 2, whose windows overlap, as torch.nn.MaxPool2d(3, 2); what no window covers is dropped.
 * @param x [B, H, W, C], at least 3 x 3
 * @returns [B, (H - 1) / 2, (W - 1) / 2, C]; the gradient goes to each window's first maximum
 * @throws BayescnnError 'failure' when x is too small or not float32
 */
export function overlappingPool(x: tf.Tensor4D): tf.Tensor4D {
  checkTensor('overlappingPool', 'x', x, x.shape);
  if (x.shape[1] < 3 || x.shape[2] < 3)
    throw new BayescnnError('failure', `overlappingPool: x must be at least 3 x 3, got [${x.shape}]`, {
      hint: 'use a smaller kernel or stride, or more padding, before it',
    });
  return tf.tidy(() => {
    if (!hasKernel(NAME)) return tf.maxPool(x, 3, 2, 'valid');
    return runKernel(NAME, { x }, { shape: x.shape })[0] as tf.Tensor4D;
  });
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: [],
  outputsToSave: [false, true],
  gradFunc: (dys, saved, attributes) => {
    const inputs = { dy: (dys as tf.Tensor[])[0], taps: saved[0] };
    return thunks({ x: () => runKernel('OverlappingPoolGrad', inputs, { ...attributes })[0] });
  },
});
