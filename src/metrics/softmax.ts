import { metricError, type Numbers, rowCount } from './check.js';

/**
 * Softmax of each row, in float64, shifted by the row's maximum.
 * @param logits flat [rows * classes]
 * @returns flat [rows * classes]; a logit of -Infinity gives probability 0
 * @throws BayescnnError on NaN, +Infinity, or a row of -Infinity alone
 */
export function softmax(logits: Numbers, classes: number): Float64Array {
  const rows = rowCount('softmax', logits.length, classes);
  const probabilities = new Float64Array(logits.length);
  for (let row = 0; row < rows; row++)
    softmaxRow(logits, row * classes, classes, probabilities, row * classes);
  return probabilities;
}

/**
 * Writes the softmax of `logits[from .. from + classes)` to `into[to ..]`.
 * @returns the log-normaliser: log sum exp of the row, so that log p_k = logit_k - normaliser
 */
export function softmaxRow(
  logits: Numbers,
  from: number,
  classes: number,
  into: Float64Array,
  to: number,
): number {
  let maximum = -Infinity;
  for (let k = 0; k < classes; k++) if (logits[from + k] > maximum) maximum = logits[from + k];
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    const value = Math.exp(logits[from + k] - maximum);
    into[to + k] = value;
    sum += value;
  }
  // A single comparison catches NaN, +Infinity and a row of -Infinity: each makes the sum NaN.
  if (!(sum >= 1)) throw notFinite(logits, from, classes);
  for (let k = 0; k < classes; k++) into[to + k] /= sum;
  return maximum + Math.log(sum);
}

function notFinite(logits: Numbers, from: number, classes: number): Error {
  const row = Array.from({ length: classes }, (_, k) => logits[from + k]);
  const worst = row.find((logit) => Number.isNaN(logit)) ?? row.find((logit) => !Number.isFinite(logit));
  const what = `image ${from / classes} must have finite logits, got ${worst}`;
  return metricError('softmax', what, 'training has diverged; try a lower train.optimizer.learningRate');
}

/** The index of the first maximum of `values[from .. from + classes)`, relative to `from` (PyTorch's rule). */
export function argmaxRow(values: Numbers, from: number, classes: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) if (values[from + k] > values[from + best]) best = k;
  return best;
}
