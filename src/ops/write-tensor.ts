import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';

/** A backend that can replace a buffer's content without a new one. */
interface Overwriting {
  overwrite(dataId: object, values: Float32Array | Int32Array): void;
}

/**
 * Gives a variable new content: in place where the backend can (a recorded step then sees it), else by assignment.
 * @param values as many as the variable holds, of its type
 * @throws BayescnnError 'failure' when the number or the type of the values differs
 */
export function writeTensor(variable: tf.Variable, values: Float32Array | Int32Array): void {
  const type = values instanceof Int32Array ? 'int32' : 'float32';
  if (values.length !== variable.size || type !== variable.dtype) {
    throw new BayescnnError(
      'failure',
      `writeTensor: ${variable.size} values of ${variable.dtype} wanted, got ${values.length} of ${type}`,
      { hint: 'make a variable for each shape that is written' },
    );
  }
  const backend = tf.backend() as unknown as Partial<Overwriting>;
  if (typeof backend.overwrite === 'function') backend.overwrite(variable.dataId, values);
  // A copy: TF.js keeps a reference to the array it is given.
  else tf.tidy(() => variable.assign(tf.tensor(values.slice(), variable.shape, type)));
}
