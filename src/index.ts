/**
 * bayescnn as a library: what the commands do, the Bayesian layers and distributions, and the metrics.
 *
 * Everything exported here is stable within a major version; nothing else is.
 * @packageDocumentation
 */
import { type ActiveEngine, type EngineRequest, selectEngine } from './backends/select.js';
import { type ConfigInput, loadConfig, parseConfig } from './config/index.js';
import {
  type EvaluationReport,
  type EvaluationRequest,
  type PredictReport,
  type PredictRequest,
  runEvaluation,
  runPrediction,
  runTraining,
  type Summary,
} from './runs/index.js';
import type { TrainReporter } from './train/reporter.js';

export type { ActiveEngine, EngineName, EngineRequest } from './backends/select.js';
export { tf } from './backends/tfjs.js';
export type { Config, ConfigInput } from './config/index.js';
export { BayescnnError, type ErrorCode, ExitCode } from './errors.js';
export {
  accuracy,
  adaptiveCalibrationError,
  auroc,
  brierScore,
  type DetailedMetrics,
  entropies,
  expectedCalibrationError,
  type Labels,
  meanProbabilities,
  type Numbers,
  negativeLogLikelihood,
  type OodDetection,
  type Outcomes,
  softmax,
  type Uncertainty,
  uncertainty,
} from './metrics/index.js';
export {
  BayesConvLayer as BayesConv2d,
  BayesDenseLayer as BayesDense,
  type BayesianOptions,
  type BayesianPart,
  type ConvShape,
  createModel,
  type DenseShape,
  type Divergence,
  type DroppedPart,
  type ForwardOptions,
  GaussianPosterior,
  GaussianPrior,
  LaplacePrior,
  LearnedGaussianPrior,
  type Model,
  type ModelOptions,
  type NamedVariable,
  type PosteriorOptions,
  type Prior,
  type PriorOptions,
  ScaleMixturePrior,
  type StepWeights,
  type TorchRecord,
  type TorchTensor,
} from './models/index.js';
export type { LayerRun, LayerWeights } from './models/layers/layer.js';
export type { BayesianWeights } from './models/layers/variational.js';
export type { Layout, Spatial } from './models/layout.js';
export type { Density } from './ops/log-density.js';
export type { Clock, Noise } from './ops/noise.js';
export type { WeightNoise } from './ops/weight-noise.js';
export type { Rollback } from './results/rollbacks-file.js';
export type { StreamKey } from './rng.js';
export type { CorruptionMeans, CorruptionResult } from './runs/corrupted.js';
export type { Selection, SplitName } from './runs/evaluate.js';
export type {
  EvaluationReport,
  EvaluationRequest,
  PicturePrediction,
  PredictReport,
  PredictRequest,
  Summary,
} from './runs/index.js';
export type { OutsideResult } from './runs/outside.js';
export type { ClassProbability } from './runs/predict.js';
export type { StartedFrom } from './runs/start.js';
export type { PosteriorRow } from './train/posterior-row.js';
export type { TrainProgress, TrainReporter } from './train/reporter.js';
export type { EvaluatedRow, LossPrint, MetricsRow } from './train/row.js';

/** What the functions below share. */
export interface RunOptions {
  /** Is told what the command line would draw; whatever it leaves out is not told. Default: nothing is. */
  reporter?: Partial<TrainReporter> | undefined;
  /** Ends the work after its present step. */
  signal?: AbortSignal | undefined;
}

export interface TrainRunOptions extends RunOptions {
  /** Where the run folder goes; default `results`. */
  outDir?: string | undefined;
}

/**
 * Trains what a config describes, into a new run folder.
 * @param config a file, the name of a config that comes with bayescnn (`quickstart`), or the settings themselves, of
 *   which every one may be left out
 * @returns what summary.json holds; `run` is the folder
 * @throws BayescnnError 'config' that lists every wrong setting; of other kinds as the command
 */
export async function train(config: string | ConfigInput, options: TrainRunOptions = {}): Promise<Summary> {
  const { outDir = 'results', reporter, signal } = options;
  const resolved = typeof config === 'string' ? await loadConfig(config) : parseConfig(config, 'config');
  return runTraining({ config: resolved, outDir, reporter: complete(reporter), ...(signal && { signal }) });
}

export type EvaluateOptions = RunOptions &
  Partial<Omit<EvaluationRequest, 'run' | 'reporter' | 'dataEvents'>>;

/**
 * Evaluates a run's checkpoint, the best one on the test images unless options say otherwise.
 * @param run the run folder
 * @throws BayescnnError when the run, its data or its checkpoint cannot be used
 */
export function evaluate(run: string, options: EvaluateOptions = {}): Promise<EvaluationReport> {
  const { reporter, checkpoint = 'best', split = 'test', ...others } = options;
  return runEvaluation({ ...others, run, checkpoint, split, reporter: complete(reporter) });
}

export type PredictOptions = RunOptions & Partial<Omit<PredictRequest, 'run' | 'images' | 'reporter'>>;

/**
 * Predicts the class of PNG and JPEG files, with the split of the entropy.
 * @param run the run folder
 * @throws BayescnnError 'data' when a picture cannot be read
 */
export function predict(
  run: string,
  images: readonly string[],
  options: PredictOptions = {},
): Promise<PredictReport> {
  const { reporter, checkpoint = 'best', top = 3, ...others } = options;
  return runPrediction({ ...others, run, images, checkpoint, top, reporter: complete(reporter) });
}

/**
 * Starts an engine and makes it TF.js's backend; layers and models need one. `train`, `evaluate` and `predict` start
 * their own. Dispose of it when done: its threads keep the process alive.
 * @param request default: what `auto` finds, on all cores
 * @throws BayescnnError 'engine' when a named engine cannot start
 */
export function startEngine(request: Partial<EngineRequest> = {}): Promise<ActiveEngine> {
  return selectEngine({ kind: 'auto', threads: 0, relaxed: false, ...request });
}

const ignore = () => {};

/** A reporter whose missing parts say nothing. */
function complete(reporter: Partial<TrainReporter> = {}): TrainReporter {
  const part = <K extends keyof TrainReporter>(name: K) =>
    (reporter[name]?.bind(reporter) ?? ignore) as TrainReporter[K];
  return {
    note: part('note'),
    warn: part('warn'),
    progress: part('progress'),
    lossPrint: part('lossPrint'),
    evaluating: part('evaluating'),
    epoch: part('epoch'),
  };
}
