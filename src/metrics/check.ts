import { BayescnnError } from '../errors.js';

/** Logits, probabilities or scores: any array of numbers. */
export type Numbers = Float32Array | Float64Array | readonly number[];
/** Class indices. */
export type Labels = Uint8Array | Int32Array | readonly number[];

/** Whether each prediction was right: true or 1. */
export type Outcomes = ArrayLike<boolean | number>;

/** An error about what a metric was given; always a fault of the caller, never of the user's input. */
export function metricError(where: string, what: string, hint: string): BayescnnError {
  return new BayescnnError('failure', `${where}: ${what}`, { hint });
}

/** Throws unless `value` is a whole number of at least 1. */
export function checkCount(where: string, name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw metricError(where, `${name} must be a whole number of at least 1, got ${value}`, `pass ${name} >= 1`);
}

/**
 * The number of rows in a flat [rows * classes] array.
 * @throws BayescnnError when there are none, or when the length is no multiple of `classes`
 */
export function rowCount(where: string, length: number, classes: number): number {
  checkCount(where, 'classes', classes);
  if (length === 0)
    throw metricError(where, 'needs at least one image, got none', 'check the split and the subset');
  if (length % classes !== 0) {
    const what = `needs a multiple of ${classes} values, got ${length}`;
    throw metricError(where, what, 'pass one value for each class of each image');
  }
  return length / classes;
}

/** Throws unless there are `rows` labels, each a class index. */
export function checkLabels(where: string, labels: Labels, rows: number, classes: number): void {
  if (labels.length !== rows) {
    throw metricError(where, `needs ${rows} labels, got ${labels.length}`, 'pass one label for each image');
  }
  for (let i = 0; i < rows; i++) {
    const label = labels[i];
    if (label >= 0 && label < classes && Number.isInteger(label)) continue;
    const what = `label ${i} must be a class index from 0 to ${classes - 1}, got ${label}`;
    throw metricError(where, what, 'check that labels and logits belong to the same data');
  }
}

/**
 * The number of images in S samples of flat [images * classes] logits.
 * @throws BayescnnError when there is no sample, no image, or when samples differ in length
 */
export function sampleRows(where: string, samples: readonly Numbers[], classes: number): number {
  if (samples.length === 0) {
    throw metricError(where, 'needs at least one posterior sample, got none', 'pass samples >= 1');
  }
  const rows = rowCount(where, samples[0].length, classes);
  for (const logits of samples) {
    if (logits.length === samples[0].length) continue;
    const what = `every sample needs ${samples[0].length} logits, got ${logits.length}`;
    throw metricError(where, what, 'pass the same images through every sample');
  }
  return rows;
}

/** Throws unless there is one outcome for each confidence. */
export function checkOutcomes(where: string, confidences: Numbers, correct: Outcomes): void {
  if (confidences.length === correct.length) return;
  const what = `needs ${confidences.length} outcomes, got ${correct.length}`;
  throw metricError(where, what, 'pass one outcome for each confidence');
}

/**
 * Throws unless a batch has `samples` flat [B * classes] arrays of logits for its B labels, each a class index.
 */
export function checkBatch(
  where: string,
  logits: readonly Numbers[],
  labels: Labels,
  classes: number,
  samples: number,
): void {
  if (logits.length !== samples) {
    const what = `needs the logits of ${samples} samples, got ${logits.length}`;
    throw metricError(where, what, 'pass every posterior sample of a batch together');
  }
  const size = labels.length * classes;
  const wrong = logits.find((sample) => sample.length !== size);
  if (wrong !== undefined) {
    const what = `needs ${size} logits a sample for ${labels.length} images, got ${wrong.length}`;
    throw metricError(where, what, 'pass one logit for each class of each image');
  }
  checkLabels(where, labels, labels.length, classes);
}
