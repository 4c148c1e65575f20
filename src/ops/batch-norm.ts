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

/** With the batch's statistics, which also move the running ones. */
const NAME = 'BatchNorm';
/** With the running statistics, where no gradient follows. */
const INFERENCE = 'BatchNormInference';

/** Scale and shift, and the running mean and variance of each channel: all [C]. */
export interface BatchNormState {
  readonly scale: tf.Tensor1D;
  readonly shift: tf.Tensor1D;
  readonly runningMean: tf.Variable<tf.Rank.R1>;
  readonly runningVariance: tf.Variable<tf.Rank.R1>;
}

export interface BatchNormOptions {
  /** By the batch's own statistics (true), or by the running ones. */
  readonly training: boolean;
  readonly relu: boolean;
  /** Added to the variance; torch's default is 1e-5. */
  readonly epsilon: number;
  /** How far the running statistics move towards the batch's; torch's default is 0.1. */
  readonly momentum: number;
}

/**
 * Batch normalisation as torch.nn.BatchNorm2d (Ioffe & Szegedy 2015), then the sum with a shortcut and ReLU:
 * y = relu(scale (x - mean) / sqrt(variance + epsilon) + shift + shortcut).
 * In training, mean and (biased) variance are the batch's, and the running ones move in place by `momentum` towards its mean and
 * unbiased variance: a clone or a reshape of them, made before, may change with them.
 * @param x [B, H, W, C]
 * @param shortcut [B, s H, s W, C'] with C' <= C, s a whole number: every s-th cell is added, with zero channels on both sides
 * (option A of He et al. 2016, section 4.1)
 * @throws BayescnnError 'failure' when shapes or types do not fit, or in training when a channel has one value
 */
export function batchNorm(
  x: tf.Tensor4D,
  state: BatchNormState,
  options: BatchNormOptions,
  shortcut?: tf.Tensor4D,
): tf.Tensor4D {
  check(x, state, options, shortcut);
  return tf.tidy(() => {
    const kernel = kernelOf(x, options, shortcut);
    if (kernel === undefined) return composed(x, state, options, shortcut);
    const { relu, epsilon, momentum } = options;
    const attributes = { relu, epsilon, momentum, shortcutShape: shortcut?.shape };
    return runKernel(kernel, { x, ...state, shortcut }, attributes)[0] as tf.Tensor4D;
  });
}

/** The engine's kernel, where it has one that takes channels in eights. */
function kernelOf(
  x: tf.Tensor4D,
  { training }: BatchNormOptions,
  shortcut?: tf.Tensor4D,
): string | undefined {
  if (!training && differentiating()) return undefined;
  const kernel = training ? NAME : INFERENCE;
  const channels = x.shape[3];
  const added = shortcut?.shape[3] ?? channels;
  const inEights = channels % 8 === 0 && added % 8 === 0 && (channels - added) % 16 === 0;
  return inEights && x.size > 0 && hasKernel(kernel) ? kernel : undefined;
}

function composed(
  x: tf.Tensor4D,
  { scale, shift, runningMean, runningVariance }: BatchNormState,
  { training, relu, epsilon, momentum }: BatchNormOptions,
  shortcut: tf.Tensor4D | undefined,
): tf.Tensor4D {
  let [mean, variance]: tf.Tensor[] = [runningMean, runningVariance];
  if (training) {
    mean = tf.mean(x, [0, 1, 2]);
    variance = tf.mean(tf.square(tf.sub(x, mean)), [0, 1, 2]);
    const count = x.size / x.shape[3];
    move(runningMean, mean, 1, momentum);
    move(runningVariance, variance, count / (count - 1), momentum);
  }
  const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
  let y = tf.add(tf.mul(normal, scale), shift) as tf.Tensor4D;
  if (shortcut !== undefined) y = tf.add(y, fitted(shortcut, y.shape));
  return relu ? tf.relu(y) : y;
}

function move(running: tf.Variable, value: tf.Tensor, factor: number, momentum: number): void {
  running.assign(tf.add(tf.mul(running, 1 - momentum), tf.mul(value, momentum * factor)));
}

/** The cells and zero channels that a shortcut adds to `shape`. */
function fitted(shortcut: tf.Tensor4D, [, height, , channels]: number[]): tf.Tensor4D {
  const stride = shortcut.shape[1] / height;
  const side = (channels - shortcut.shape[3]) / 2;
  // A pool of single cells: TF.js has no gradient of a strided slice.
  const taken = stride === 1 ? shortcut : tf.avgPool(shortcut, 1, stride, 'valid');
  return side === 0
    ? taken
    : tf.pad4d(taken, [
        [0, 0],
        [0, 0],
        [0, 0],
        [side, side],
      ]);
}

function check(
  x: tf.Tensor4D,
  state: BatchNormState,
  { training }: BatchNormOptions,
  shortcut: tf.Tensor4D | undefined,
): void {
  const [images, height, width, channels] = x.shape;
  checkTensor('batchNorm', 'x', x, x.shape);
  for (const [name, tensor] of Object.entries(state)) checkTensor('batchNorm', name, tensor, [channels]);
  if (training && images * height * width < 2) {
    throw new BayescnnError(
      'failure',
      `batchNorm: more than one value a channel wanted in training, got x [${x.shape}]`,
      { hint: 'use a larger batch' },
    );
  }
  if (shortcut === undefined) return;
  checkTensor('batchNorm', 'shortcut', shortcut, shortcut.shape);
  const [rows, tall, wide, added] = shortcut.shape;
  const stride = tall / height;
  const even = (channels - added) % 2 === 0 && added <= channels;
  if (rows === images && Number.isInteger(stride) && wide === stride * width && even) return;
  throw new BayescnnError(
    'failure',
    `batchNorm: a shortcut to [${x.shape}] must be [B, s H, s W, C'] with C - C' even and not negative, got [${shortcut.shape}]`,
    { hint: 'take the shortcut from the input of the block' },
  );
}

/** The fused kernel's gradient: dy of [y, stats], saved [x, scale, y, stats]. */
function gradient(dys: tf.Tensor[], saved: tf.Tensor[], attributes: Attributes): GradientMap {
  const [x, scale, y, stats] = saved;
  // Not inside the thunks: each has a tidy of its own, which would dispose the others' shares.
  const gradients = runKernel('BatchNormGrad', { dy: dys[0], x, scale, y, stats }, attributes);
  const [dx, dScale, dShift, dShortcut] = gradients;
  return thunks({ x: dx, scale: dScale, shift: dShift, shortcut: dShortcut });
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['x', 'scale'],
  outputsToSave: [true, true],
  gradFunc: (dys, saved, attributes) =>
    gradient(dys as tf.Tensor[], saved, attributes as unknown as Attributes),
});
