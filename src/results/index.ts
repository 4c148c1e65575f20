export { writeAtomic, writeError } from './atomic-write.js';
export { canonicalJson } from './canonical-json.js';
export {
  type Checkpoint,
  type CheckpointName,
  checkpointFile,
  decodeCheckpoint,
  encodeCheckpoint,
  type LoadedCheckpoint,
  loadCheckpoint,
  type NamedArray,
  type NamedArrays,
  removeCheckpoint,
  saveCheckpoint,
} from './checkpoint.js';
export { type CsvValue, csv } from './csv.js';
export { type Derived, type DerivedFrom, memberFolder, saveDerived } from './derived.js';
export { type Environment, environment, type RunFacts } from './environment.js';
export { ExportFolder, requireFree } from './export-folder.js';
export { latestRuns } from './list-runs.js';
export { METRICS_COLUMNS, readLosses, readMetrics, readPosterior } from './metrics-file.js';
export { npyFile } from './npy.js';
export { type OpenedRun, openRun } from './open-run.js';
export { packageRoot, packageVersion } from './package-info.js';
export { loadPredictions, type RunPredictions, savePredictions } from './predictions-file.js';
export { loadRollbacks, type Rollback, saveRollbacks } from './rollbacks-file.js';
export { createRunFolder, RunFolder, type RunPoint, reopenRunFolder } from './run-folder.js';
export { lockRun, type RunLockOptions } from './run-lock.js';
export { runNames } from './run-names.js';
export { readSafetensors, type SafetensorsFile } from './safetensors-read.js';
export type { Dtype, Tensor } from './safetensors-types.js';
export { writeSafetensors } from './safetensors-write.js';
export { history, type Moment } from './trackers/history.js';
export {
  EXPERIMENT_TAGS,
  experimentId,
  experimentMeta,
  experimentName,
  mlflowFiles,
  runId,
} from './trackers/mlflow.js';
export { eventFile } from './trackers/tensorboard.js';
