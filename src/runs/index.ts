export { type EvaluationReport, type EvaluationRequest, runEvaluation } from './evaluate.js';
export { type PicturePrediction, type PredictReport, type PredictRequest, runPrediction } from './predict.js';
export { runTraining, type Summary } from './train.js';
