import { tf } from '../backends/tfjs.js';

/** `compute(tensor)` as a constant: its gradient is zero, whether or not TF.js could differentiate it. */
export function detached<T extends tf.Tensor>(tensor: tf.Tensor, compute: (tensor: tf.Tensor) => T): T {
  const { shape } = tensor;
  const cut = tf.customGrad((x) => ({
    value: compute(x as tf.Tensor),
    gradFunc: () => tf.zeros(shape),
  }));
  return cut(tensor) as T;
}
