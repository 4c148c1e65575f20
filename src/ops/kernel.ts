import { tf } from '../backends/tfjs.js';

/** Attributes of our kernels: TF.js passes them through untouched, so typed arrays are fine too. */
export type Attributes = Readonly<Record<string, unknown>>;
/** Inputs by name; an absent optional input must not be a key, because autodiff visits every key. */
export type Inputs = Readonly<Record<string, tf.Tensor | undefined>>;

/** Whether the current backend registered a fused kernel of this name. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) != null;
}

/** Whether a gradient may be asked of what runs now; kernels that keep nothing for one serve where not. */
export function differentiating(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

/** Gradients by input name, worked out when asked for. */
export type GradientMap = Record<string, () => tf.Tensor>;

/** Runs a kernel that gives several tensors; undefined inputs are left out. */
export function runKernel(name: string, inputs: Inputs, attributes: Attributes): tf.Tensor[] {
  const present: tf.NamedTensorMap = {};
  for (const key of Object.keys(inputs)) {
    const tensor = inputs[key];
    if (tensor !== undefined) present[key] = tensor;
  }
  const result = tf.engine().runKernel(name, present, attributes as unknown as tf.NamedAttrMap);
  return Array.isArray(result) ? (result as tf.Tensor[]) : [result as tf.Tensor];
}

/** A thunk for each named gradient, as autodiff wants them. */
export function thunks(gradients: Record<string, tf.Tensor | (() => tf.Tensor) | undefined>): GradientMap {
  const map: GradientMap = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    if (gradient !== undefined) map[name] = typeof gradient === 'function' ? gradient : () => gradient;
  }
  return map;
}

/**
 * dy times a slope that a kernel worked out on the way. A kernel of its own, because the slope counts as a constant:
 * a second derivative would come out wrong, and is refused.
 */
export function scaled(dy: tf.Tensor, slope: tf.Tensor): tf.Tensor {
  return runKernel('SavedSlope', { dy, slope }, {})[0];
}
