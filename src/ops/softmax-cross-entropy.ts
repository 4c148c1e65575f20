import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import { checkTensor } from './check-tensors.js';
import { detached } from './detach.js';
import { hasKernel, runKernel, thunks } from './kernel.js';

const NAME = 'SoftmaxCrossEntropy';

/** What one batch's logits give against its labels. */
export interface CrossEntropy {
  /** Mean negative log likelihood, nats; the only part with a gradient. */
  readonly loss: tf.Scalar;
  /** [B, C], no gradient. */
  readonly probabilities: tf.Tensor2D;
  /** Number of rows whose first arg-max is the label, float32; no gradient. */
  readonly correct: tf.Scalar;
}

/**
 * Softmax and cross-entropy in one, stable for any finite logits.
 * @param logits [B, C] @param labels int32 [B]
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): CrossEntropy {
  if (labels.shape[0] !== logits.shape[0] || labels.dtype !== 'int32') {
    throw new BayescnnError(
      'failure',
      `softmaxCrossEntropy: labels must be int32 [${logits.shape[0]}], got ${labels.dtype} [${labels.shape}]`,
      { hint: 'give one int32 class index a row of logits' },
    );
  }
  checkTensor('softmaxCrossEntropy', 'logits', logits, logits.shape);
  const [loss, probabilities, correct] = tf.tidy(() =>
    hasKernel(NAME) ? runKernel(NAME, { logits, labels }, {}) : compose(logits, labels),
  );
  return {
    loss: loss as tf.Scalar,
    probabilities: probabilities as tf.Tensor2D,
    correct: correct as tf.Scalar,
  };
}

function compose(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor[] {
  const [rows, classes] = logits.shape;
  const logProbabilities = tf.logSoftmax(logits);
  const picked = tf.sum(tf.mul(tf.oneHot(labels, classes), logProbabilities));
  const hits = detached(logits, (z) => tf.sum(tf.cast(tf.equal(tf.argMax(z, 1), labels), 'float32')));
  return [tf.div(picked, -rows), detached(logits, (z) => tf.softmax(z as tf.Tensor2D)), hits];
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['labels'],
  outputsToSave: [false, true, false],
  gradFunc: (dys, saved) => {
    const [dy] = dys as tf.Tensor[];
    const [labels, probabilities] = saved;
    return thunks({
      logits: () => runKernel('SoftmaxCrossEntropyGrad', { dy, probabilities, labels }, {})[0],
    });
  },
});
