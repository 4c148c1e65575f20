import { tf } from '../backends/tfjs.js';

/** A density over single weights, as plain data. */
export type Density =
  /** N(0, sigma^2) */
  | { readonly kind: 'gaussian'; readonly sigma: number }
  /** pi N(0, sigma1^2) + (1 - pi) N(0, sigma2^2), 0 < pi < 1, both sigmas > 0. */
  | { readonly kind: 'scale-mixture'; readonly pi: number; readonly sigma1: number; readonly sigma2: number }
  /** exp(-|w| / scale) / (2 scale) */
  | { readonly kind: 'laplace'; readonly scale: number };

/** log sqrt(2 pi) */
export const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** log p(w) summed over w's elements, nats; differentiable. */
export function logDensity(w: tf.Tensor, density: Density): tf.Scalar {
  switch (density.kind) {
    case 'gaussian':
      return gaussian(w, density.sigma);
    case 'scale-mixture':
      return mixture(w, mixtureTerms(density));
    case 'laplace':
      return laplace(w, density.scale);
  }
}

/** The constants are added once, in double: n of them in float32 would cost digits. */
function gaussian(w: tf.Tensor, sigma: number): tf.Scalar {
  const constant = -w.size * (Math.log(sigma) + LOG_ROOT_TWO_PI);
  return tf.add(tf.mul(tf.sum(tf.square(tf.div(w, sigma))), -0.5), constant);
}

function laplace(w: tf.Tensor, scale: number): tf.Scalar {
  // Not tf.abs, whose slope at zero is -1.
  const size = tf.sum(tf.mul(w, tf.sign(w)));
  return tf.add(tf.mul(size, -1 / scale), -w.size * Math.log(2 * scale));
}

/** A component's log weight and standard deviation. */
interface Component {
  readonly weight: number;
  readonly sigma: number;
}

/**
 * A mixture's components, the wider one first. It anchors the log-sum-exp: its log density is the larger one in the
 * tails, so nothing cancels there, and near zero the two differ by little. No max, so no tie to break in the gradient.
 */
export function mixtureTerms({
  pi,
  sigma1,
  sigma2,
}: {
  pi: number;
  sigma1: number;
  sigma2: number;
}): [Component, Component] {
  const first = { weight: Math.log(pi), sigma: sigma1 };
  const second = { weight: Math.log1p(-pi), sigma: sigma2 };
  return sigma1 >= sigma2 ? [first, second] : [second, first];
}

function mixture(w: tf.Tensor, [wide, narrow]: [Component, Component]): tf.Scalar {
  const anchor = componentLogDensity(w, wide);
  const excess = tf.sub(componentLogDensity(w, narrow), anchor);
  return tf.sum(tf.add(anchor, tf.softplus(excess)));
}

function componentLogDensity(w: tf.Tensor, { weight, sigma }: Component): tf.Tensor {
  const constant = weight - Math.log(sigma) - LOG_ROOT_TWO_PI;
  return tf.add(tf.mul(tf.square(tf.div(w, sigma)), -0.5), constant);
}
