import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import { checkTensor } from './check-tensors.js';
import {
  type Attributes,
  differentiating,
  type GradientMap,
  hasKernel,
  runKernel,
  thunks,
} from './kernel.js';
import { addBias } from './moments.js';

const NAME = 'Dense';
/** The same forward pass where no gradient follows. */
const INFERENCE = 'DenseInference';

/**
 * x kernel + bias, with a ReLU where asked.
 * @param x [B, I] @param kernel [I, O] @param bias [O] or none
 * @returns [B, O]
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function dense(
  x: tf.Tensor2D,
  kernel: tf.Tensor2D,
  bias: tf.Tensor1D | undefined,
  options: { readonly relu: boolean },
): tf.Tensor2D {
  checkDense('dense', x, kernel);
  checkTensor('dense', 'kernel', kernel, kernel.shape);
  checkTensor('dense', 'bias', bias, [kernel.shape[1]]);
  return tf.tidy(() => {
    if (!differentiating() && hasKernel(INFERENCE))
      return runKernel(INFERENCE, { x, kernel, bias }, { relu: options.relu })[0] as tf.Tensor2D;
    if (hasKernel(NAME)) {
      const attributes = { relu: options.relu, hasBias: bias !== undefined };
      return runKernel(NAME, { x, kernel, bias }, attributes)[0] as tf.Tensor2D;
    }
    const y = addBias(tf.matMul<tf.Tensor2D>(x, kernel), bias);
    return options.relu ? tf.relu(y) : y;
  });
}

/** @throws BayescnnError 'failure' when x's columns are not the kernel's rows, or x is not float32 */
export function checkDense(where: string, x: tf.Tensor2D, kernel: tf.Tensor2D): void {
  checkTensor(where, 'x', x, x.shape);
  if (x.shape[1] === kernel.shape[0]) return;
  throw new BayescnnError(
    'failure',
    `${where}: x's columns must equal the kernel's ${kernel.shape[0]} rows, got x [${x.shape}]`,
    { hint: 'flatten images to [batch, values] and give the kernel as [in, out]' },
  );
}

/** The fused kernel's gradient: saved [x, kernel, y]. */
function gradient(dy: tf.Tensor, saved: tf.Tensor[], attributes: Attributes): GradientMap {
  const [x, kernel, y] = saved;
  // Not inside the thunk: each thunk has a tidy of its own, which would dispose the bias's share.
  const [dKernel, dBias] = runKernel('DenseGradKernel', { dy, x, y }, attributes);
  return thunks({
    kernel: dKernel,
    bias: dBias,
    x: () => runKernel('DenseGradInput', { dy, kernel, y }, attributes)[0],
  });
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['x', 'kernel'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attributes) => gradient(dy as tf.Tensor, saved, attributes as unknown as Attributes),
});
