import { tf } from '../backends/tfjs.js';
import { engineShape, fromTorchOrder, type Layout, torchShape, toTorchOrder } from './layout.js';

/** A tensor under PyTorch's layout, as checkpoints hold it. */
export interface TorchTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One variable under its PyTorch name, e.g. `conv1.weight_mu`. */
export interface NamedVariable {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly layout: Layout;
}

/** A new parameter, or what is kept beside them (not trainable). @param values in PyTorch's order */
export function namedVariable(
  name: string,
  layout: Layout,
  values: Float32Array,
  trainable = true,
): NamedVariable {
  // TF.js wants variable names unique in the process; ours repeat in every model, so TF.js makes its own up.
  const variable = tf.tidy(() =>
    tf.variable(tf.tensor(fromTorchOrder(layout, values), engineShape(layout)), trainable),
  );
  return { name, variable, layout };
}

/** A tensor laid out as the parameter (its value, gradient or momentum) in PyTorch's layout. */
export function exportTensor(tensor: tf.Tensor, layout: Layout): TorchTensor {
  return { shape: torchShape(layout), data: toTorchOrder(layout, tensor.dataSync() as Float32Array) };
}
