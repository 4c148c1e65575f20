export { PredictionAccumulator } from './accumulator.js';
export { adaptiveCalibrationError } from './adaptive-calibration.js';
export { auroc } from './auroc.js';
export {
  binIndex,
  Calibration,
  type CalibrationBin,
  calibration,
  DEFAULT_BINS,
  expectedCalibrationError,
} from './calibration.js';
export type { Labels, Numbers, Outcomes } from './check.js';
export { ClasswiseCalibration, classwiseCalibrationError } from './classwise-calibration.js';
export type { DetailedMetrics } from './detailed.js';
export { DetailedAccumulator, type DetailedImages } from './detailed-accumulator.js';
export { entropies } from './entropy.js';
export { COLLAPSE_KL, COLLAPSE_SNR, chanceBand, isAtChance, isCollapsed } from './health.js';
export type { ImagePredictions } from './images.js';
export { averagePrecision, falsePositiveRate, type OodDetection, oodDetection } from './ood.js';
export { meanProbabilities } from './predictive.js';
export { type Ranking, rank } from './ranking.js';
export {
  coverageAtRisk,
  riskAtCoverage,
  type SelectivePrediction,
  selectiveOf,
  selectivePrediction,
} from './risk-coverage.js';
export {
  accuracy,
  brierScore,
  negativeLogLikelihood,
  predictions,
  topKAccuracy,
} from './scores.js';
export { type SignalToNoise, SNR_BINS, signalToNoise, type VariationalValues } from './signal-to-noise.js';
export { softmax, softmaxRow } from './softmax.js';
export type { SampleSpread } from './spread.js';
export { sampleSpread } from './spread-table.js';
export type { PredictionMetrics } from './sums.js';
export { fitTemperature, type TemperatureFit, temperedNll } from './temperature.js';
export { type Uncertainty, uncertainty } from './uncertainty.js';
