import { type Numbers, rowCount } from './check.js';

/** -sum p log p of `probabilities[from .. from + classes)` in nats, with 0 log 0 = 0. */
export function entropyRow(probabilities: Numbers, from: number, classes: number): number {
  let entropy = 0;
  for (let k = 0; k < classes; k++) {
    const p = probabilities[from + k];
    if (p > 0) entropy -= p * Math.log(p);
  }
  return entropy;
}

/**
 * The entropy of each row in nats: 0 to log(classes).
 * @param probabilities flat [rows * classes]
 * @returns [rows]
 */
export function entropies(probabilities: Numbers, classes: number): Float64Array {
  const rows = rowCount('entropies', probabilities.length, classes);
  const result = new Float64Array(rows);
  for (let row = 0; row < rows; row++) result[row] = entropyRow(probabilities, row * classes, classes);
  return result;
}
