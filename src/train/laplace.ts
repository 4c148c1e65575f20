import { BayescnnError } from '../errors.js';
import { softmaxRow } from '../metrics/index.js';
import { cholesky, logDeterminant, type Square, solveTransposed } from './cholesky.js';

/** A last layer: weights of class c at c (features + 1), its bias behind its weights. */
export interface LastLayer {
  readonly classes: number;
  readonly features: number;
  readonly weights: Float64Array;
}

/** More parameters than this would take minutes and gigabytes. */
const MOST_PARAMETERS = 4000;
/** log10 of the prior precisions that are tried first. */
const EXPONENTS = Array.from({ length: 17 }, (_, i) => -4 + i / 2);
/** Halvings of the step between them that follow. */
const REFINEMENTS = 5;

/** @throws BayescnnError 'usage' for a layer whose Hessian does not fit */
export function checkSize({ classes, features }: Pick<LastLayer, 'classes' | 'features'>): void {
  const parameters = classes * (features + 1);
  if (parameters <= MOST_PARAMETERS) return;
  throw new BayescnnError(
    'usage',
    `laplace: a last layer of at most ${MOST_PARAMETERS} parameters, got ${parameters}: the full Hessian is their square`,
    { hint: 'use an architecture with fewer inputs of its last layer, such as lenet' },
  );
}

/**
 * The generalised Gauss-Newton matrix of the summed cross-entropy in the last layer's parameters, which for a linear layer
 * behind a softmax is its Hessian: sum_n (diag(p) - p p^T) (x) phi phi^T, phi = (features, 1) (Daxberger et al. 2021,
 * section 2). Rows are ordered as `LastLayer.weights`.
 */
export class LastLayerHessian {
  /** log p(labels | images, weights), nats. */
  logLikelihood = 0;
  images = 0;
  private readonly width: number;
  /** One lower triangle [width, width] for each pair of classes c >= d. */
  private readonly blocks: Float64Array[];
  private readonly phi: Float64Array;
  private readonly logits: Float64Array;
  private readonly p: Float64Array;

  constructor(private readonly layer: LastLayer) {
    const { classes, features } = layer;
    this.width = features + 1;
    const pairs = (classes * (classes + 1)) / 2;
    this.blocks = Array.from({ length: pairs }, () => new Float64Array(this.width * this.width));
    this.phi = new Float64Array(this.width).fill(1);
    this.logits = new Float64Array(classes);
    this.p = new Float64Array(classes);
  }

  /** Adds an image. @param features its features at features[at ..] */
  add(features: Float64Array, at: number, label: number): void {
    const { classes, features: count } = this.layer;
    for (let i = 0; i < count; i++) this.phi[i] = features[at + i];
    logitsOf(this.layer, this.layer.weights, features, at, this.logits, 0);
    const normaliser = softmaxRow(this.logits, 0, classes, this.p, 0);
    this.logLikelihood += this.logits[label] - normaliser;
    this.images++;
    let pair = 0;
    for (let c = 0; c < classes; c++)
      for (let d = 0; d <= c; d++)
        this.addOuter(this.blocks[pair++], this.p[c] * ((c === d ? 1 : 0) - this.p[d]));
  }

  /** block += weight phi phi^T, its lower triangle. */
  private addOuter(block: Float64Array, weight: number): void {
    const { phi, width } = this;
    for (let i = 0; i < width; i++) {
      // Behind a ReLU many features are 0.
      if (phi[i] === 0) continue;
      const scaled = weight * phi[i];
      const row = i * width;
      for (let j = 0; j <= i; j++) block[row + j] += scaled * phi[j];
    }
  }

  /** The matrix, its lower triangle. */
  matrix(): Square {
    const { width } = this;
    const size = this.layer.classes * width;
    const data = new Float64Array(size * size);
    let pair = 0;
    for (let c = 0; c < this.layer.classes; c++)
      for (let d = 0; d <= c; d++) {
        const block = this.blocks[pair++];
        for (let i = 0; i < width; i++)
          for (let j = 0; j < width; j++)
            data[(c * width + i) * size + d * width + j] = block[i >= j ? i * width + j : j * width + i];
      }
    return { size, data };
  }
}

/** A posterior N(weights, (Hessian + priorPrecision I)^-1) by the factor of its precision. */
export interface LaplacePosterior {
  readonly priorPrecision: number;
  /** log p(labels | images), of Laplace's method, nats. */
  readonly logMarginalLikelihood: number;
  /** Lower factor of the precision. */
  readonly factor: Square;
}

/** The posterior at a given prior N(0, I / precision), with its marginal likelihood (Daxberger et al. 2021, eq. 4). */
export function laplaceAt(hessian: LastLayerHessian, layer: LastLayer, precision: number): LaplacePosterior {
  return laplaceOf(hessian.matrix(), hessian.logLikelihood, layer, precision);
}

function laplaceOf(
  matrix: Square,
  logLikelihood: number,
  layer: LastLayer,
  precision: number,
): LaplacePosterior {
  const factor = cholesky(matrix, precision);
  const squares = layer.weights.reduce((sum, w) => sum + w * w, 0);
  const prior = (matrix.size * Math.log(precision) - precision * squares) / 2;
  const logMarginalLikelihood = logLikelihood + prior - logDeterminant(factor) / 2;
  return { priorPrecision: precision, logMarginalLikelihood, factor };
}

/** The posterior whose prior precision has the highest marginal likelihood, to 2 % of itself. */
export function laplaceByEvidence(hessian: LastLayerHessian, layer: LastLayer): LaplacePosterior {
  const matrix = hessian.matrix();
  const at = (exponent: number) => laplaceOf(matrix, hessian.logLikelihood, layer, 10 ** exponent);
  const higher = (a: LaplacePosterior, b: LaplacePosterior) =>
    b.logMarginalLikelihood > a.logMarginalLikelihood ? b : a;
  let best = EXPONENTS.map(at).reduce(higher);
  for (let step = 0.25, i = 0; i < REFINEMENTS; i++, step /= 2) {
    const middle = Math.log10(best.priorPrecision);
    best = [at(middle - step), at(middle + step)].reduce(higher, best);
  }
  return best;
}

/**
 * A draw of the layer's weights. The logits of an image are linear in them, so over draws they are exactly the Gaussian
 * N(W phi, phi^T Sigma phi) of the posterior.
 * @param normals standard normals, one a parameter; overwritten
 */
export function drawLayer(
  layer: LastLayer,
  factor: { size: number; data: ArrayLike<number> },
  normals: Float64Array,
): Float64Array {
  solveTransposed(factor, normals);
  return normals.map((off, i) => layer.weights[i] + off);
}

/** Logits of one image from its features at features[at ..] into into[to ..]. @param weights as `LastLayer.weights` */
export function logitsOf(
  { classes, features: count }: Pick<LastLayer, 'classes' | 'features'>,
  weights: Float64Array,
  features: Float64Array,
  at: number,
  into: Float64Array,
  to: number,
): void {
  for (let c = 0; c < classes; c++) {
    const row = c * (count + 1);
    let sum = weights[row + count];
    for (let i = 0; i < count; i++) sum += weights[row + i] * features[at + i];
    into[to + c] = sum;
  }
}
