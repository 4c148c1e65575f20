import type { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';

/**
 * The indices' values, each in [0, count).
 * @throws BayescnnError 'data' for one outside
 */
export function checkIndices(where: string, indices: tf.Tensor1D, count: number): Int32Array {
  const values = indices.dataSync() as Int32Array;
  for (const index of values) {
    if (index < 0 || index >= count) {
      throw new BayescnnError('data', `${where}: index must be in 0..${count - 1}, got ${index}`, {
        hint: 'plan the split again for this archive',
      });
    }
  }
  return values;
}
