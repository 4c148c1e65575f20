import { checkCount, checkLabels, type Labels, type Numbers, rowCount, sampleRows } from './check.js';
import { Predictive } from './predictive.js';
import { argmaxRow } from './softmax.js';

/**
 * The predicted class of each row: the first arg-max.
 * @param probabilities flat [rows * classes]; logits of one sample do as well
 */
export function predictions(probabilities: Numbers, classes: number): Int32Array {
  const rows = rowCount('predictions', probabilities.length, classes);
  return Int32Array.from({ length: rows }, (_, row) => argmaxRow(probabilities, row * classes, classes));
}

/**
 * The share of rows whose first arg-max is the label.
 * @param probabilities flat [rows * classes]
 */
export function accuracy(probabilities: Numbers, labels: Labels, classes: number): number {
  const predicted = predictions(probabilities, classes);
  checkLabels('accuracy', labels, predicted.length, classes);
  let correct = 0;
  for (let row = 0; row < predicted.length; row++) if (predicted[row] === labels[row]) correct++;
  return correct / predicted.length;
}

/**
 * How many classes a row puts before `label`: those of higher probability, and of equal ones those with a
 * lower index, so that the arg-max has rank 0.
 */
export function rankOfLabel(probabilities: Numbers, from: number, classes: number, label: number): number {
  const own = probabilities[from + label];
  let rank = 0;
  for (let k = 0; k < classes; k++) {
    const other = probabilities[from + k];
    if (other > own || (other === own && k < label)) rank++;
  }
  return rank;
}

/**
 * The share of rows whose label is among the `k` most probable classes; 1 when there are no more than k.
 * @param probabilities flat [rows * classes]
 */
export function topKAccuracy(probabilities: Numbers, labels: Labels, classes: number, k: number): number {
  const rows = rowCount('topKAccuracy', probabilities.length, classes);
  checkCount('topKAccuracy', 'k', k);
  checkLabels('topKAccuracy', labels, rows, classes);
  let hits = 0;
  for (let row = 0; row < rows; row++) {
    if (rankOfLabel(probabilities, row * classes, classes, labels[row]) < k) hits++;
  }
  return hits / rows;
}

/**
 * Mean negative log-likelihood of the averaged distribution, nats.
 * It takes logits, not probabilities, so that it stays finite where a probability underflows.
 * @param logits [samples] of flat [images * classes]
 */
export function negativeLogLikelihood(logits: readonly Numbers[], labels: Labels, classes: number): number {
  const where = 'negativeLogLikelihood';
  return meanOver(where, logits, labels, classes, (row, label) => row.negativeLogLikelihood(label));
}

/**
 * Mean Brier score of the averaged distribution, summed over classes: 0 (best) to 2.
 * @param logits [samples] of flat [images * classes]
 */
export function brierScore(logits: readonly Numbers[], labels: Labels, classes: number): number {
  return meanOver('brierScore', logits, labels, classes, (row, label) => row.brier(label));
}

function meanOver(
  where: string,
  logits: readonly Numbers[],
  labels: Labels,
  classes: number,
  score: (row: Predictive, label: number) => number,
): number {
  const images = sampleRows(where, logits, classes);
  checkLabels(where, labels, images, classes);
  const row = new Predictive(classes, logits.length);
  let sum = 0;
  for (let image = 0; image < images; image++) {
    row.read(logits, image);
    sum += score(row, labels[image]);
  }
  return sum / images;
}
