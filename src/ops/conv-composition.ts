import { tf } from '../backends/tfjs.js';
import type { ConvOptions } from './conv-options.js';

/**
 * A convolution in standard ops, with gradients on every backend.
 * @param x [B, H, W, C], unpadded @param filter [K, K, C, O]
 */
export function convolve(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvOptions): tf.Tensor4D {
  const { padding, stride, dilation } = options;
  // Padding by hand: the `tensorflow` backend knows 'same' and 'valid' only.
  const around: [number, number] = [padding, padding];
  const padded = padding === 0 ? x : tf.pad4d(x, [[0, 0], around, around, [0, 0]]);
  return tf.conv2d(padded, dilate(filter, dilation), stride, 'valid');
}

/** The filter with d - 1 zeros between its cells: TF.js has no gradient of a dilated convolution. */
function dilate(filter: tf.Tensor4D, dilation: number): tf.Tensor4D {
  if (dilation === 1) return filter;
  const [height, width, inputs, outputs] = filter.shape;
  const spread = tf.pad(tf.reshape(filter, [height, 1, width, 1, inputs * outputs]), [
    [0, 0],
    [0, dilation - 1],
    [0, 0],
    [0, dilation - 1],
    [0, 0],
  ]);
  const full = tf.reshape(spread, [height * dilation, width * dilation, inputs, outputs]) as tf.Tensor4D;
  const size = [(height - 1) * dilation + 1, (width - 1) * dilation + 1, inputs, outputs];
  return tf.slice4d(full, [0, 0, 0, 0], size as [number, number, number, number]);
}

/** ReLU and pooling behind a convolution, as the options say. */
export function activate(x: tf.Tensor4D, options: Pick<ConvOptions, 'relu' | 'pool'>): tf.Tensor4D {
  const y = options.relu ? tf.relu(x) : x;
  return options.pool ? tf.maxPool(y, 2, 2, 'valid') : y;
}
