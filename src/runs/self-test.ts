import { tf } from '../backends/tfjs.js';
import {
  dense,
  gaussianVariational,
  lrtConvReluPool,
  type SgdOptions,
  sgdUpdate,
  softmaxCrossEntropy,
} from '../ops/index.js';
import { Stream, streamKey } from '../rng.js';

/**
 * What `selfTestFigures` gives, in nats: the losses of three training steps, then the predictive entropy behind them. By the
 * engine `cpu`; the tests hold every other engine to it, and `simd` and TensorFlow share no kernel with it.
 */
const EXPECTED = [5.1283317, 2.4222105, 0.6593472, 0.2865794];
/** Largest relative error that counts as right: float32 in any order of summation stays well below it. */
const TOLERANCE = 1e-4;

const IMAGES = 4;
const STEPS = 3;
const SAMPLES = 2;
const BLOCK = { stride: 1, padding: 1, dilation: 1, relu: true, pool: true, clamp: 0 } as const;
const SGD: Omit<SgdOptions, 'first'> = { momentum: 0.9, dampening: 0, nesterov: false, weightDecay: 0.001 };

/** Numbers that the name alone decides, mean + scale times a standard normal. */
function drawn<R extends tf.Rank>(name: string, shape: number[], scale: number, mean = 0): tf.Tensor<R> {
  const stream = new Stream(streamKey(1, `self-test/${name}`));
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => mean + scale * stream.normal());
  return tf.tensor(values, shape as tf.ShapeMap[R]);
}

/** A Bayesian convolution with pool on images of 8x8, and a dense layer behind it. */
class TinyNetwork {
  private readonly x = drawn<tf.Rank.R4>('x', [IMAGES, 8, 8, 3], 1);
  private readonly labels = tf.tensor1d([3, 1, 4, 1], 'int32');
  private readonly variables = [
    drawn('mu', [3, 3, 3, 6], 0.3),
    drawn('rho', [3, 3, 3, 6], 0.1, -2),
    drawn('kernel', [96, 10], 0.1),
    drawn('bias', [10], 0.1),
  ].map((start) => tf.variable(start));
  private readonly velocities = this.variables.map((of) => tf.variable(tf.zerosLike(of), false));
  private readonly key = streamKey(1, 'self-test/noise');

  private forward(step: number, sample: number) {
    const [mu, rho, kernel, bias] = this.variables;
    const { variance, kl } = gaussianVariational(mu as tf.Tensor4D, rho as tf.Tensor4D, {
      priorSigma: 1,
      clamp: 0,
    });
    const clock = tf.tensor1d([step, sample, 0, 0], 'int32');
    const maps = lrtConvReluPool(
      this.x,
      { mu: mu as tf.Tensor4D, variance },
      { clock, key: this.key },
      BLOCK,
    );
    const flat = tf.reshape(maps, [IMAGES, kernel.shape[0]]) as tf.Tensor2D;
    const logits = dense(flat, kernel as tf.Tensor2D, bias as tf.Tensor1D, { relu: false });
    return { kl, ...softmaxCrossEntropy(logits, this.labels) };
  }

  /** One training step; its loss before the update. */
  step(step: number): number {
    const loss = (): tf.Scalar => {
      const { loss: nll, kl } = this.forward(step, 0);
      return tf.add(nll, tf.mul(kl, 0.001));
    };
    const { value, grads } = tf.variableGrads(loss, this.variables);
    const gradients = this.variables.map(({ name }) => grads[name]);
    sgdUpdate(this.variables, gradients, this.velocities, tf.scalar(0.05), { ...SGD, first: step === 0 });
    return value.dataSync()[0];
  }

  /** Mean entropy of the predictive distribution, averaged over posterior samples. */
  entropy(): number {
    const each = Array.from({ length: SAMPLES }, (_, s) => this.forward(STEPS, s).probabilities.dataSync());
    let sum = 0;
    for (let i = 0; i < each[0].length; i++) {
      const p = each.reduce((total, one) => total + one[i], 0) / SAMPLES;
      if (p > 0) sum -= p * Math.log(p);
    }
    return sum / IMAGES;
  }

  dispose(): void {
    tf.dispose([...this.variables, ...this.velocities]);
  }
}

/** Trains a tiny Bayesian network on the current engine: forward, gradients, update, noise and entropy all show in its figures. */
export function selfTestFigures(): number[] {
  return tf.tidy(() => {
    const network = new TinyNetwork();
    const losses = Array.from({ length: STEPS }, (_, step) => network.step(step));
    const figures = [...losses, network.entropy()];
    network.dispose();
    return figures;
  });
}

/**
 * Checks the current engine by `selfTestFigures`.
 * @returns what it found, for people
 * @throws Error with the first figure that is wrong
 */
export function selfTest(): string {
  const started = performance.now();
  const figures = selfTestFigures();
  const seconds = (performance.now() - started) / 1000;
  const errors = figures.map((figure, i) => Math.abs(figure / EXPECTED[i] - 1));
  const wrong = errors.findIndex((error) => !(error < TOLERANCE));
  if (wrong >= 0) {
    const what = wrong < STEPS ? `loss of training step ${wrong + 1}` : 'predictive entropy';
    throw new Error(`self-test: ${what} should be ${EXPECTED[wrong]}, got ${figures[wrong]}`);
  }
  return `self-test right to ${Math.max(...errors).toExponential(0)} in ${seconds.toFixed(2)} s`;
}
