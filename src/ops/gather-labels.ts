import { tf } from '../backends/tfjs.js';
import { checkIndices } from './check-indices.js';
import { checkTensor } from './check-tensors.js';
import { hasKernel, runKernel } from './kernel.js';

/**
 * The labels of a batch.
 * @param indices int32 [B]
 * @param labels one byte an image
 * @returns int32 [B]
 * @throws BayescnnError 'failure' for indices of another type, 'data' for one outside the source (compositions only)
 */
export function gatherLabels(indices: tf.Tensor1D, labels: Uint8Array): tf.Tensor1D {
  checkTensor('gatherLabels', 'indices', indices, indices.shape, 'int32');
  if (hasKernel('GatherLabels')) return runKernel('GatherLabels', { indices }, { labels })[0] as tf.Tensor1D;
  const chosen = checkIndices('gatherLabels', indices, labels.length);
  return tf.tensor1d(
    Int32Array.from(chosen, (index) => labels[index]),
    'int32',
  );
}
