import { CLASS_COUNT } from '../data/index.js';
import type { DetailedImages, DetailedMetrics } from '../metrics/index.js';
import { type CsvValue, csv, npyFile } from '../results/index.js';
import type { CorruptionResult } from './corrupted.js';
import type { MeasuredSet } from './outside.js';

const IMAGE_COLUMNS = [
  'index',
  'label',
  'prediction',
  'correct',
  'confidence',
  'nll',
  'predictive_entropy',
  'expected_entropy',
  'mutual_information',
  'variation_ratio',
  'disagreement',
  'aleatoric',
  'epistemic',
];

/** Of an image that has no label among the classes. */
const OUTSIDE_COLUMNS = IMAGE_COLUMNS.filter((name) => !['label', 'correct', 'nll'].includes(name));
const CLASSES = Array.from({ length: CLASS_COUNT }, (_, k) => k);
const PROBABILITY_COLUMNS = CLASSES.map((k) => `p${k}`);

/** What `eval --json` prints, as far as it has files of its own. */
interface ExportedReport {
  curve?: readonly DetailedMetrics[];
  corruptions?: readonly CorruptionResult[];
}

/**
 * The files of an exported evaluation, but for the probabilities of each sample.
 * @param images in the order of `indices`
 * @param indices the images' places in their part of the archive
 * @param report what `eval --json` prints
 * @param outside what images out of distribution were given
 */
export function exportFiles(
  images: DetailedImages,
  indices: Int32Array,
  report: ExportedReport,
  outside: readonly MeasuredSet[],
): Record<string, string | Uint8Array> {
  const n = indices.length;
  const { curve, corruptions } = report;
  return {
    'mean_probabilities.npy': npyFile(images.probabilities, [n, CLASS_COUNT]),
    'labels.npy': npyFile(images.labels, [n]),
    'indices.npy': npyFile(indices, [n]),
    'predictions.csv': predictionsCsv(images, indices),
    ...(curve && { 'curve.csv': metricsCsv(curve, ['samples']) }),
    ...(corruptions && { 'corruptions.csv': metricsCsv(corruptions, ['kind', 'severity']) }),
    ...Object.fromEntries(outside.map((set) => [outsideName(set), outsideCsv(set.images)])),
    'evaluation.json': `${JSON.stringify(report, null, 2)}\n`,
  };
}

/** One row an image, ending with the averaged distribution p0, p1, ... */
function predictionsCsv(images: DetailedImages, indices: Int32Array): string {
  return imagesCsv(images, IMAGE_COLUMNS, indices);
}

/** The same for images out of distribution, by their places in their set. */
function outsideCsv(images: DetailedImages): string {
  return imagesCsv(
    images,
    OUTSIDE_COLUMNS,
    images.labels.map((_, i) => i),
  );
}

/** `ood-<set>.csv`; what a file name should not have becomes an underscore. */
const outsideName = ({ result }: MeasuredSet): string => `ood-${result.set.replace(/[^\w.-]/g, '_')}.csv`;

function imagesCsv(images: DetailedImages, columns: readonly string[], indices: Int32Array): string {
  const values: Record<string, (i: number) => CsvValue> = {
    index: (i) => indices[i],
    label: (i) => images.labels[i],
    prediction: (i) => images.predictions[i],
    correct: (i) => (images.predictions[i] === images.labels[i] ? 1 : 0),
    confidence: (i) => images.confidences[i],
    nll: (i) => images.nll[i],
    predictive_entropy: (i) => images.predictiveEntropy[i],
    expected_entropy: (i) => images.expectedEntropy[i],
    mutual_information: (i) => images.mutualInformation[i],
    variation_ratio: (i) => images.variationRatio[i],
    disagreement: (i) => images.disagreement[i],
    aleatoric: (i) => images.aleatoric[i],
    epistemic: (i) => images.epistemic[i],
  };
  const rows = Array.from(indices, (_, i) => [
    ...columns.map((column) => values[column](i)),
    ...CLASSES.map((k) => images.probabilities[i * CLASS_COUNT + k]),
  ]);
  return csv([...columns, ...PROBABILITY_COLUMNS], rows);
}

/** One row an evaluation, the columns `first` before its metrics. */
function metricsCsv<T extends object>(rows: readonly T[], first: readonly (keyof T & string)[]): string {
  const names = Object.keys(rows[0]) as (keyof T & string)[];
  const columns = [...first, ...names.filter((name) => !first.includes(name))];
  return csv(
    columns,
    rows.map((row) => columns.map((column) => row[column] as CsvValue)),
  );
}
