import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import { checkTensor, checkUpdate } from './check-tensors.js';
import { hasKernel, runKernel } from './kernel.js';

const NAME = 'SgdUpdate';

/** torch.optim.SGD's settings, and whether this is the first step (it fills the momentum buffer undamped). */
export interface SgdOptions {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly first: boolean;
}

/**
 * One step of SGD on every variable, in place, as torch.optim.SGD:
 * g += weightDecay w; v = momentum v + (1 - dampening) g (the first step: v = g); w -= rate (nesterov ? g + momentum v : v).
 * @param gradients one a variable, same shapes @param velocities one a variable; untouched without momentum
 * @param learningRate scalar tensor, so that a recorded step can be replayed with another rate
 * In place also means: a clone or a reshape of a variable, made before, shares its memory and may change with it.
 * @throws BayescnnError 'failure' when the lists' lengths, shapes or types differ
 */
export function sgdUpdate(
  variables: readonly tf.Variable[],
  gradients: readonly tf.Tensor[],
  velocities: readonly tf.Variable[],
  learningRate: tf.Scalar,
  options: SgdOptions,
): void {
  if (gradients.length !== variables.length || velocities.length !== variables.length) {
    throw new BayescnnError(
      'failure',
      `sgdUpdate: one gradient and one velocity a variable (${variables.length}), ` +
        `got ${gradients.length} gradients and ${velocities.length} velocities`,
      { hint: "pass the model's parameters to variableGrads as varList" },
    );
  }
  const update = hasKernel(NAME) ? updateFused : updateComposed;
  checkTensor('sgdUpdate', 'learningRate', learningRate, []);
  for (const [i, variable] of variables.entries()) {
    checkUpdate('sgdUpdate', variable, { gradient: gradients[i], velocity: velocities[i] });
    update(variable, gradients[i], velocities[i], learningRate, options);
  }
}

function updateFused(
  variable: tf.Variable,
  gradient: tf.Tensor,
  velocity: tf.Variable,
  learningRate: tf.Scalar,
  options: SgdOptions,
): void {
  runKernel(NAME, { variable, gradient, velocity, learningRate }, { ...options });
}

function updateComposed(
  variable: tf.Variable,
  gradient: tf.Tensor,
  velocity: tf.Variable,
  learningRate: tf.Scalar,
  options: SgdOptions,
): void {
  const { momentum, dampening, nesterov, weightDecay, first } = options;
  tf.tidy(() => {
    let direction = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
    if (momentum !== 0) {
      const held = first ? direction : tf.add(tf.mul(velocity, momentum), tf.mul(direction, 1 - dampening));
      velocity.assign(held);
      direction = nesterov ? tf.add(direction, tf.mul(held, momentum)) : held;
    }
    variable.assign(tf.sub(variable, tf.mul(direction, learningRate)));
  });
}
