import { CLASS_COUNT } from '../data/index.js';
import type { DetailedImages, DetailedMetrics } from '../metrics/index.js';
import { type CsvValue, csv, npyFile } from '../results/index.js';

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

/**
 * The files of an exported evaluation, but for the probabilities of each sample.
 * @param images in the order of `indices`
 * @param indices the images' places in their part of the archive
 * @param report what `eval --json` prints
 */
export function exportFiles(
  images: DetailedImages,
  indices: Int32Array,
  report: object,
  curve: readonly DetailedMetrics[] | undefined,
): Record<string, string | Uint8Array> {
  const n = indices.length;
  return {
    'mean_probabilities.npy': npyFile(images.probabilities, [n, CLASS_COUNT]),
    'labels.npy': npyFile(images.labels, [n]),
    'indices.npy': npyFile(indices, [n]),
    'predictions.csv': predictionsCsv(images, indices),
    ...(curve && { 'curve.csv': curveCsv(curve) }),
    'evaluation.json': `${JSON.stringify(report, null, 2)}\n`,
  };
}

/** One row an image, ending with the averaged distribution p0, p1, ... */
function predictionsCsv(images: DetailedImages, indices: Int32Array): string {
  const classes = Array.from({ length: CLASS_COUNT }, (_, k) => k);
  const row = (i: number): CsvValue[] => [
    indices[i],
    images.labels[i],
    images.predictions[i],
    images.predictions[i] === images.labels[i] ? 1 : 0,
    images.confidences[i],
    images.nll[i],
    images.predictiveEntropy[i],
    images.expectedEntropy[i],
    images.mutualInformation[i],
    images.variationRatio[i],
    images.disagreement[i],
    images.aleatoric[i],
    images.epistemic[i],
    ...classes.map((k) => images.probabilities[i * CLASS_COUNT + k]),
  ];
  const rows = Array.from(indices, (_, i) => row(i));
  return csv([...IMAGE_COLUMNS, ...classes.map((k) => `p${k}`)], rows);
}

/** One row a number of samples. */
function curveCsv(curve: readonly DetailedMetrics[]): string {
  const columns = Object.keys(curve[0]) as (keyof DetailedMetrics)[];
  columns.sort((a, b) => Number(b === 'samples') - Number(a === 'samples'));
  return csv(
    columns,
    curve.map((metrics) => columns.map((column) => metrics[column])),
  );
}
