import { tf } from '../backends/tfjs.js';
import { type Attributes, hasKernel, runKernel, thunks } from './kernel.js';

const NAME = 'GlobalAveragePool';

/** The mean of each map: [B, H, W, C] to [B, C]. */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor2D {
  const inVectors = x.shape[3] % 4 === 0 && x.size > 0;
  if (!inVectors || !hasKernel(NAME)) return tf.mean(x, [1, 2]);
  return runKernel(NAME, { x }, { inputShape: x.shape })[0] as tf.Tensor2D;
}

tf.registerGradient({
  kernelName: NAME,
  gradFunc: (dy, _, attributes) => {
    const { inputShape } = attributes as unknown as Attributes;
    return thunks({
      x: () => runKernel('GlobalAveragePoolGrad', { dy: dy as tf.Tensor }, { inputShape })[0],
    });
  },
});
