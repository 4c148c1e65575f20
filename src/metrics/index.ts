export { type ImagePredictions, PredictionAccumulator, type PredictionMetrics } from './accumulator.js';
export { auroc } from './auroc.js';
export {
  binIndex,
  Calibration,
  type CalibrationBin,
  calibration,
  DEFAULT_BINS,
  expectedCalibrationError,
} from './calibration.js';
export type { Labels, Numbers } from './check.js';
export { entropies } from './entropy.js';
export { meanProbabilities } from './predictive.js';
export { accuracy, brierScore, negativeLogLikelihood, predictions } from './scores.js';
export { softmax } from './softmax.js';
export { type Uncertainty, uncertainty } from './uncertainty.js';
