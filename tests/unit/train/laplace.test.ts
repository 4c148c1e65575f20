import { describe, expect, it } from 'vitest';
import { Stream, streamKey } from '../../../src/rng.js';
import { cholesky, logDeterminant, solveTransposed } from '../../../src/train/cholesky.js';
import {
  checkSize,
  drawLayer,
  type LastLayer,
  LastLayerHessian,
  laplaceAt,
  laplaceByEvidence,
  logitsOf,
} from '../../../src/train/laplace.js';

const [CLASSES, FEATURES, IMAGES] = [3, 4, 40];
const SIZE = CLASSES * (FEATURES + 1);
const stream = new Stream(streamKey(7, 'laplace'));
const normals = (n: number) => Float64Array.from({ length: n }, () => stream.normal());
// As behind a ReLU.
const features = normals(IMAGES * FEATURES).map((x) => Math.max(0, x));
const labels = Array.from({ length: IMAGES }, () => stream.below(CLASSES));
const layer: LastLayer = { classes: CLASSES, features: FEATURES, weights: normals(SIZE) };

function hessianOf(of: LastLayer): LastLayerHessian {
  const hessian = new LastLayerHessian(of);
  labels.forEach((label, image) => {
    hessian.add(features, image * FEATURES, label);
  });
  return hessian;
}

/** -log p(labels | weights), straight from its definition. */
function negativeLogLikelihood(weights: Float64Array): number {
  let sum = 0;
  const logits = new Float64Array(CLASSES);
  labels.forEach((label, image) => {
    logitsOf(layer, weights, features, image * FEATURES, logits, 0);
    sum += Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0)) - logits[label];
  });
  return sum;
}

const moved = (i: number, by: number, j = 0, also = 0): Float64Array => {
  const weights = layer.weights.slice();
  weights[i] += by;
  weights[j] += also;
  return weights;
};

describe('the last layer', () => {
  it('has the Hessian that finite differences of the NLL give', () => {
    const { data } = hessianOf(layer).matrix();
    const h = 1e-3;
    for (let i = 0; i < SIZE; i++)
      for (let j = 0; j <= i; j++) {
        const at = (a: number, b: number) => negativeLogLikelihood(moved(i, a, j, b));
        const expected = (at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)) / (4 * h * h);
        expect(Math.abs(data[i * SIZE + j] - expected), `${i}, ${j}`).toBeLessThan(1e-4);
      }
    expect(hessianOf(layer).logLikelihood).toBeCloseTo(-negativeLogLikelihood(layer.weights), 10);
  });

  it('draws logits with the mean W phi and the covariance phi Sigma phi', () => {
    const { factor } = laplaceAt(hessianOf(layer), layer, 2);
    const [draws, image] = [40_000, 5];
    const sums = new Float64Array(CLASSES);
    const products = new Float64Array(CLASSES * CLASSES);
    const mean = new Float64Array(CLASSES);
    logitsOf(layer, layer.weights, features, image * FEATURES, mean, 0);
    const logits = new Float64Array(CLASSES);
    for (let d = 0; d < draws; d++) {
      logitsOf(layer, drawLayer(layer, factor, normals(SIZE)), features, image * FEATURES, logits, 0);
      for (let c = 0; c < CLASSES; c++) {
        sums[c] += logits[c] - mean[c];
        for (let k = 0; k < CLASSES; k++)
          products[c * CLASSES + k] += (logits[c] - mean[c]) * (logits[k] - mean[k]);
      }
    }
    const phi = [...features.subarray(image * FEATURES, (image + 1) * FEATURES), 1];
    const covariance = inverse(sum(hessianOf(layer).matrix().data, 2));
    const closed = (c: number, k: number) =>
      phi.reduce(
        (total, a, i) =>
          total + phi.reduce((inner, b, j) => inner + a * b * covariance[at(c, i)][at(k, j)], 0),
        0,
      );
    for (let c = 0; c < CLASSES; c++) {
      expect(Math.abs(sums[c] / draws)).toBeLessThan(4 * Math.sqrt(closed(c, c) / draws));
      for (let k = 0; k < CLASSES; k++) {
        const spread = Math.sqrt((closed(c, c) * closed(k, k) + closed(c, k) ** 2) / draws);
        expect(Math.abs(products[c * CLASSES + k] / draws - closed(c, k))).toBeLessThan(4 * spread);
      }
    }
  });

  it('has the marginal likelihood of its definition, highest where the precision is fitted', () => {
    const hessian = hessianOf(layer);
    const best = laplaceByEvidence(hessian, layer);
    const squares = layer.weights.reduce((total, w) => total + w * w, 0);
    for (const precision of [0.01, 1, best.priorPrecision, 30]) {
      const at = laplaceAt(hessian, layer, precision);
      // log p(D | w) + log N(w; 0, I / precision) + log of the Gaussian integral's (2 pi)^(P / 2) det^(-1 / 2).
      const determinant = eliminate(sum(hessian.matrix().data, precision)).logDeterminant;
      const expected =
        -negativeLogLikelihood(layer.weights) +
        (SIZE / 2) * Math.log(precision) -
        (precision / 2) * squares -
        determinant / 2;
      expect(at.logMarginalLikelihood).toBeCloseTo(expected, 8);
      expect(at.logMarginalLikelihood).toBeLessThanOrEqual(best.logMarginalLikelihood);
    }
    // MacKay's fixed point: precision |w|^2 = P - precision tr Sigma.
    const covariance = inverse(sum(hessian.matrix().data, best.priorPrecision));
    const trace = covariance.reduce((total, row, i) => total + row[i], 0);
    expect(Math.abs((best.priorPrecision * squares) / (SIZE - best.priorPrecision * trace) - 1)).toBeLessThan(
      0.03,
    );
  });

  it('is refused where its Hessian would not fit', () => {
    expect(() => checkSize({ classes: 10, features: 1000 })).toThrow('at most 4000 parameters, got 10010');
    expect(() => checkSize({ classes: 10, features: 84 })).not.toThrow();
  });
});

describe('a Cholesky factor', () => {
  const matrix = { size: 2, data: Float64Array.of(4, 2, 2, 5) };

  it('solves, and has the determinant', () => {
    const factor = cholesky(matrix);
    expect([...factor.data]).toEqual([2, 0, 1, 2]);
    expect(logDeterminant(factor)).toBeCloseTo(Math.log(16), 14);
    const x = Float64Array.of(1, 2);
    solveTransposed(factor, x);
    // L^T x = b: 2 x0 + x1 = 1, 2 x1 = 2.
    expect([...x]).toEqual([0, 1]);
  });

  it('names what is not positive definite', () => {
    const indefinite = { size: 2, data: Float64Array.of(1, 2, 2, 1) };
    expect(() => cholesky(indefinite)).toThrow('cholesky: pivot 1 must be above 0, got -3');
    expect(() => cholesky(indefinite, 2)).not.toThrow();
  });
});

const at = (c: number, i: number): number => c * (FEATURES + 1) + i;

/** The whole of a symmetric matrix given by its lower triangle, with something added to its diagonal. */
function sum(data: Float64Array, diagonal: number): number[][] {
  return Array.from({ length: SIZE }, (_, i) =>
    Array.from(
      { length: SIZE },
      (_, j) => data[Math.max(i, j) * SIZE + Math.min(i, j)] + (i === j ? diagonal : 0),
    ),
  );
}

/** Gauss-Jordan elimination: the inverse and the determinant without any factor. */
function eliminate(matrix: number[][]): { inverse: number[][]; logDeterminant: number } {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  let logDeterminant = 0;
  for (let i = 0; i < n; i++) {
    const pivot = rows[i][i];
    logDeterminant += Math.log(pivot);
    rows[i] = rows[i].map((value) => value / pivot);
    for (let r = 0; r < n; r++) {
      const factor = rows[r][i];
      if (r !== i) rows[r] = rows[r].map((value, j) => value - factor * rows[i][j]);
    }
  }
  return { inverse: rows.map((row) => row.slice(n)), logDeterminant };
}

const inverse = (matrix: number[][]): number[][] => eliminate(matrix).inverse;
