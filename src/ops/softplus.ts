import { tf } from '../backends/tfjs.js';

/** Below this, log(softplus(x)) equals x within float32: the next term is -exp(x) / 2. */
const LOG_LINEAR_BELOW = -15;

/**
 * log(1 + exp(x)), stable everywhere. TF.js's op is the identity from 14 on, PyTorch's F.softplus from 20 on:
 * the terms that they drop are below half a float32 ulp of x.
 */
export function softplus<T extends tf.Tensor>(x: T): T {
  return tf.softplus(x);
}

/** log(softplus(x)), finite with slope 1 where softplus(x) itself leaves float32. */
export function logSoftplus<T extends tf.Tensor>(x: T): T {
  return differentiable(x) as T;
}

/** A custom gradient, because TF.js cannot differentiate through the condition of `where`. */
const differentiable = tf.customGrad((input, save) => {
  const x = input as tf.Tensor;
  (save as tf.GradSaveFunc)([x]);
  return {
    value: tf.where(tf.less(x, LOG_LINEAR_BELOW), x, tf.log(tf.softplus(x))),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, slope(saved[0])),
  };
});

/** d log(softplus(x)) / dx = sigmoid(x) / softplus(x). */
function slope(x: tf.Tensor): tf.Tensor {
  const ratio = tf.div(tf.sigmoid(x), tf.softplus(x));
  return tf.where(tf.less(x, LOG_LINEAR_BELOW), tf.onesLike(x), ratio);
}
