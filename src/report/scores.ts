import {
  adaptiveCalibrationError,
  binIndex,
  DEFAULT_BINS,
  entropies,
  expectedCalibrationError,
  predictions,
  selectivePrediction,
} from '../metrics/index.js';
import { mean } from './statistics.js';

/** What a comparison needs of a run's predictions, [n] each. */
export interface ImageScores {
  /** 1 where the prediction is right, else 0. */
  readonly correct: Float64Array;
  readonly nll: Float64Array;
  readonly brier: Float64Array;
  readonly confidences: Float64Array;
  /** Entropy of the averaged distribution, nats. */
  readonly predictiveEntropy: Float64Array;
  readonly mutualInformation: Float64Array;
}

/** Predictions of one run; all in one order of images. */
export interface Predicted {
  readonly labels: Int32Array;
  /** Flat [n * classes] averaged distribution. */
  readonly probabilities: Float64Array;
  readonly nll: Float64Array;
  readonly expectedEntropy: Float64Array;
}

/** Scores each image. */
export function imageScores({ labels, probabilities, nll, expectedEntropy }: Predicted): ImageScores {
  const n = labels.length;
  const classes = probabilities.length / n;
  const predicted = predictions(probabilities, classes);
  const predictiveEntropy = entropies(probabilities, classes);
  const brier = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < classes; k++)
      brier[i] += (probabilities[i * classes + k] - (k === labels[i] ? 1 : 0)) ** 2;
  }
  return {
    correct: Float64Array.from(predicted, (prediction, i) => (prediction === labels[i] ? 1 : 0)),
    nll,
    brier,
    confidences: Float64Array.from(predicted, (prediction, i) => probabilities[i * classes + prediction]),
    predictiveEntropy,
    mutualInformation: predictiveEntropy.map((entropy, i) => Math.max(0, entropy - expectedEntropy[i])),
  };
}

/** Metrics whose differences are tested. */
export const TESTED = ['accuracy', 'nll', 'brier', 'ece', 'aurc'] as const;
export type TestedMetric = (typeof TESTED)[number];

/** Metrics of a run that a comparison shows; the first five as `TESTED`. */
export interface RunMetrics extends Record<TestedMetric, number> {
  adaptive_ece: number;
  predictive_entropy: number;
  mutual_information: number;
}

export function runMetrics(scores: ImageScores): RunMetrics {
  return {
    accuracy: mean(scores.correct),
    nll: mean(scores.nll),
    brier: mean(scores.brier),
    ece: expectedCalibrationError(scores.confidences, scores.correct),
    aurc: selectivePrediction(scores.confidences, scores.correct).aurc,
    adaptive_ece: adaptiveCalibrationError(scores.confidences, scores.correct),
    predictive_entropy: mean(scores.predictiveEntropy),
    mutual_information: mean(scores.mutualInformation),
  };
}

/** The per-image column of a metric that is a mean over images; undefined for the others. */
export function meanColumn(metric: TestedMetric, scores: ImageScores): Float64Array | undefined {
  if (metric === 'accuracy') return scores.correct;
  if (metric === 'nll') return scores.nll;
  return metric === 'brier' ? scores.brier : undefined;
}

/** The bin of each image's confidence, and confidence - correct. */
export function calibrationGaps({ confidences, correct }: ImageScores): {
  bins: Uint8Array;
  gaps: Float64Array;
} {
  return {
    bins: Uint8Array.from(confidences, (confidence) => binIndex(confidence, DEFAULT_BINS)),
    gaps: confidences.map((confidence, i) => confidence - correct[i]),
  };
}

/** Sum of absolute values: bins' summed gaps to n times their calibration error. */
export function absoluteSum(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += Math.abs(value);
  return sum;
}
