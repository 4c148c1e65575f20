import type { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';

/**
 * That a tensor has the shape and the type an op needs: an engine's kernel reads memory by them.
 * @throws BayescnnError 'failure' when it has not
 */
export function checkTensor(
  where: string,
  name: string,
  tensor: tf.Tensor | undefined,
  shape: readonly number[],
  dtype: 'float32' | 'int32' = 'float32',
): void {
  if (tensor === undefined) return;
  const same = tensor.shape.length === shape.length && shape.every((size, i) => size === tensor.shape[i]);
  if (same && tensor.dtype === dtype) return;
  throw new BayescnnError(
    'failure',
    `${where}: ${name} must be ${dtype} [${shape}], got ${tensor.dtype} [${tensor.shape}]`,
    { hint: tensor.dtype === dtype ? 'reshape it, or make it anew' : `cast it: tf.cast(tensor, '${dtype}')` },
  );
}

/**
 * That what an optimizer brings for a variable is like it; `tensors` by what they are: `gradient`, `velocity`.
 * @throws BayescnnError 'failure' when one is not
 */
export function checkUpdate(
  where: string,
  variable: tf.Variable,
  tensors: Readonly<Record<string, tf.Tensor>>,
): void {
  const { name, shape } = variable;
  checkTensor(where, name, variable, shape);
  for (const [what, tensor] of Object.entries(tensors)) {
    checkTensor(where, `the ${what} of ${name}`, tensor, shape);
  }
}
