import { checkLabels, type Labels, type Numbers, rowCount } from '../../../src/metrics/check.js';

/**
 * Mean spherical score p(y) / |p| of each row's distribution, 0 to 1 (best): a strictly proper score that, unlike the NLL,
 * a single confident mistake cannot dominate. Gneiting & Raftery 2007, section 4.2.
 * @param probabilities flat [rows * classes]
 * @throws BayescnnError when there is no row, or labels do not fit
 */
export function sphericalScore(probabilities: Numbers, labels: Labels, classes: number): number {
  const rows = rowCount('sphericalScore', probabilities.length, classes);
  checkLabels('sphericalScore', labels, rows, classes);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    let squares = 0;
    for (let k = 0; k < classes; k++) squares += probabilities[row * classes + k] ** 2;
    sum += probabilities[row * classes + labels[row]] / Math.sqrt(squares);
  }
  return sum / rows;
}
