import { tf } from '../backends/tfjs.js';
import { checkTensor } from './check-tensors.js';
import { type ConvOptions, convOutputShape } from './conv-options.js';
import { convReluPool } from './conv-relu-pool.js';
import { flipoutSum, flipSigns, type SignSource } from './flipout.js';
import { type Attributes, type GradientMap, hasKernel, runKernel, thunks } from './kernel.js';

const NAME = 'FlipoutConvReluPool';

/** A layer's posterior means, and the batch's one perturbation of its weights. */
export interface PerturbedWeights<R extends tf.Rank> {
  readonly mu: tf.Tensor<R>;
  /** sigma epsilon, same shape. */
  readonly delta: tf.Tensor<R>;
  readonly biasMu?: tf.Tensor1D | undefined;
  readonly biasDelta?: tf.Tensor1D | undefined;
}

/** The streams of the signs of a layer's inputs and of its outputs. */
export interface FlipoutSigns {
  readonly inputs: SignSource;
  readonly outputs: SignSource;
}

/**
 * A Bayesian convolution by flipout: conv(x, mu) + biasMu + signs (conv(x signs, delta) + biasDelta)
 * (Wen et al. 2018, eq. 5), then a ReLU and a 2x2 max-pool where the options ask for them.
 * @param x [B, H, W, C] @param weights [K, K, C, O]
 * @returns [B, OH, OW, O], halved by the pool; the pool's gradient goes to a window's first maximum
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function flipoutConvReluPool(
  x: tf.Tensor4D,
  weights: PerturbedWeights<tf.Rank.R4>,
  { inputs, outputs }: FlipoutSigns,
  options: ConvOptions,
): tf.Tensor4D {
  const { mu, delta, biasMu, biasDelta } = weights;
  convOutputShape('flipoutConvReluPool', x, mu, options);
  checkTensor('flipoutConvReluPool', 'x', x, x.shape);
  checkTensor('flipoutConvReluPool', 'mu', mu, mu.shape);
  checkTensor('flipoutConvReluPool', 'delta', delta, mu.shape);
  checkTensor('flipoutConvReluPool', 'biasMu', biasMu, mu.shape.slice(-1));
  checkTensor('flipoutConvReluPool', 'biasDelta', biasDelta, mu.shape.slice(-1));
  const linear = { ...options, relu: false, pool: false };
  return tf.tidy(() => {
    const flipped = flipSigns(x, inputs);
    // With nothing behind it the gradient is dense, and a plain convolution has faster kernels.
    if ((options.relu || options.pool) && hasKernel(NAME)) {
      const keys = { key0: outputs.key[0] | 0, key1: outputs.key[1] | 0 };
      return runKernel(
        NAME,
        { x, flipped, mu, delta, biasMu, biasDelta, clock: outputs.clock },
        { ...options, ...keys, biases: [biasMu !== undefined, biasDelta !== undefined] },
      )[0] as tf.Tensor4D;
    }
    const mean = convReluPool(x, mu, biasMu, linear);
    return flipoutSum(mean, convReluPool(flipped, delta, biasDelta, linear), outputs, options);
  });
}

/**
 * Two convolutions' gradients, both with the one place in each pool window that won: dy goes back through mu, and with
 * the outputs' signs through delta. Saved [x, flipped, mu, delta, clock, y, taps].
 */
function gradient(dys: tf.Tensor[], saved: tf.Tensor[], attributes: Attributes): GradientMap {
  const [dy] = dys;
  const [x, flipped, mu, delta, clock, y, taps] = saved;
  // Not inside the thunks: each has a tidy of its own, which would dispose the others' shares.
  const signed = runKernel('FlipSigns', { x: dy, clock }, attributes)[0];
  const [hasBiasMu, hasBiasDelta] = attributes.biases as boolean[];
  const filterOf = (of: tf.Tensor, from: tf.Tensor, hasBias: boolean) =>
    runKernel(
      'ConvReluPoolGradFilter',
      { dy: of, x: from, y, taps },
      { ...attributes, hasBias, filterShape: mu.shape },
    );
  const inputOf = (of: tf.Tensor, filter: tf.Tensor) => () =>
    runKernel(
      'ConvReluPoolGradInput',
      { dy: of, filter, y, taps },
      { ...attributes, inputShape: x.shape },
    )[0];
  const [dMu, dBiasMu] = filterOf(dy, x, hasBiasMu);
  const [dDelta, dBiasDelta] = filterOf(signed, flipped, hasBiasDelta);
  return thunks({
    mu: dMu,
    delta: dDelta,
    biasMu: dBiasMu,
    biasDelta: dBiasDelta,
    x: inputOf(dy, mu),
    flipped: inputOf(signed, delta),
  });
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['x', 'flipped', 'mu', 'delta', 'clock'],
  outputsToSave: [true, true],
  gradFunc: (dys, saved, attributes) =>
    gradient(dys as tf.Tensor[], saved, attributes as unknown as Attributes),
});
