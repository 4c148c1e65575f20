import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import { checkTensor, checkUpdate } from './check-tensors.js';
import { hasKernel, runKernel } from './kernel.js';

const NAME = 'AdamUpdate';

/** The constants of torch.optim.Adam and AdamW. */
export interface AdamOptions {
  /** Decay of the mean and of the mean square of the gradients, each in [0, 1). */
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment; > 0. */
  readonly eps: number;
  /** Factor of the L2 penalty that joins the gradient (Adam's weight decay; AdamW's goes into `rates`). */
  readonly l2: number;
}

/** Running moments of the gradients, one of each a variable. */
export interface AdamMoments {
  readonly first: readonly tf.Variable[];
  readonly second: readonly tf.Variable[];
}

/**
 * One step of Adam (Kingma & Ba 2015, algorithm 1) on every variable, in place, in the order of torch.optim.Adam:
 * g += l2 w; m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g^2; w = keep w - stepSize m / (sqrt(v) / root + eps).
 * @param gradients one a variable, same shapes
 * @param rates float32 [3] = [stepSize, root, keep] of this step t: learningRate / (1 - beta1^t),
 * sqrt(1 - beta2^t), and AdamW's 1 - learningRate weightDecay (Loshchilov & Hutter 2019, algorithm 2; else 1).
 * A tensor, so that a recorded step can be replayed as a later one
 * @throws BayescnnError 'failure' when the lists' lengths, shapes or types differ
 */
export function adamUpdate(
  variables: readonly tf.Variable[],
  gradients: readonly tf.Tensor[],
  { first, second }: AdamMoments,
  rates: tf.Tensor1D,
  options: AdamOptions,
): void {
  if ([gradients, first, second].some((list) => list.length !== variables.length)) {
    throw new BayescnnError(
      'failure',
      `adamUpdate: one gradient and two moments a variable (${variables.length}), ` +
        `got ${gradients.length} gradients, ${first.length} and ${second.length} moments`,
      { hint: "pass the model's parameters to variableGrads as varList" },
    );
  }
  const update = hasKernel(NAME) ? updateFused : updateComposed;
  checkTensor('adamUpdate', 'rates', rates, [3]);
  for (const [i, variable] of variables.entries()) {
    const state = { gradient: gradients[i], first: first[i], second: second[i] };
    checkUpdate('adamUpdate', variable, {
      gradient: state.gradient,
      'first moment': state.first,
      'second moment': state.second,
    });
    update({ variable, ...state, rates }, options);
  }
}

/** What one update reads; `variable`, `first` and `second` change. */
interface Operands {
  readonly variable: tf.Variable;
  readonly gradient: tf.Tensor;
  readonly first: tf.Variable;
  readonly second: tf.Variable;
  readonly rates: tf.Tensor1D;
}

function updateFused(operands: Operands, options: AdamOptions): void {
  runKernel(NAME, { ...operands }, { ...options });
}

function updateComposed(operands: Operands, { betas, eps, l2 }: AdamOptions): void {
  const { variable, gradient, first, second, rates } = operands;
  tf.tidy(() => {
    const [stepSize, root, keep] = tf.split(rates, 3);
    const g = l2 === 0 ? gradient : tf.add(gradient, tf.mul(variable, l2));
    const m = lerp(first, g, 1 - betas[0]);
    const v = tf.add(tf.mul(second, betas[1]), tf.mul(tf.mul(g, 1 - betas[1]), g));
    first.assign(m);
    second.assign(v);
    const scale = tf.add(tf.div(tf.sqrt(v), root), eps);
    variable.assign(tf.sub(tf.mul(variable, keep), tf.mul(tf.div(m, scale), stepSize)));
  });
}

/** a + weight (b - a), from the nearer end as torch.lerp: exact at both. */
function lerp(a: tf.Tensor, b: tf.Tensor, weight: number): tf.Tensor {
  const apart = tf.sub(b, a);
  return weight < 0.5 ? tf.add(a, tf.mul(apart, weight)) : tf.sub(b, tf.mul(apart, 1 - weight));
}
