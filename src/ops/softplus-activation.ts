import { tf } from '../backends/tfjs.js';
import { checkTensor } from './check-tensors.js';
import { hasKernel, runKernel, scaled, thunks } from './kernel.js';
import { softplus } from './softplus.js';

const NAME = 'SoftplusActivation';

/**
 * log(1 + exp(x)) of a layer's outputs, as torch.nn.Softplus; on engines that have it one pass that keeps the slope.
 * @throws BayescnnError 'failure' when x is not float32
 */
export function softplusActivation<T extends tf.Tensor>(x: T): T {
  checkTensor('softplusActivation', 'x', x, x.shape);
  return tf.tidy(() => (hasKernel(NAME) ? (runKernel(NAME, { x }, {})[0] as T) : softplus(x)));
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: [],
  outputsToSave: [false, true],
  gradFunc: (dys, saved) => thunks({ x: () => scaled((dys as tf.Tensor[])[0], saved[0]) }),
});
