import path from 'node:path';
import { BayescnnError } from '../../errors.js';
import { exportMlflow } from './mlflow.js';
import { type ExportedRun, exportTensorboard } from './tensorboard.js';

export interface TrackerExportRequest {
  format: 'tensorboard' | 'mlflow';
  runs: readonly string[];
  /** Default: `tensorboard`, `mlruns`. */
  out?: string | undefined;
  /** MLflow's. */
  experiment?: string | undefined;
}

/** What `export --json` prints. */
export interface TrackerExportReport {
  format: 'tensorboard' | 'mlflow';
  /** The folder to open with the tracker. */
  out: string;
  runs: ExportedRun[];
}

/**
 * Writes runs, finished or running, for a tracker.
 * @throws BayescnnError 'usage' for what is no run and for two runs of one name, and as the tracker's own export
 */
export async function exportTracked(request: TrackerExportRequest): Promise<TrackerExportReport> {
  const { format, runs: folders, experiment = 'bayescnn' } = request;
  const out = path.resolve(request.out ?? (format === 'mlflow' ? 'mlruns' : 'tensorboard'));
  if (format === 'tensorboard') requireDifferentNames(folders);
  const runs: ExportedRun[] = [];
  for (const folder of folders)
    runs.push(
      await (format === 'mlflow' ? exportMlflow(folder, out, experiment) : exportTensorboard(folder, out)),
    );
  return { format, out, runs };
}

function requireDifferentNames(folders: readonly string[]): void {
  const names = folders.map((folder) => path.basename(path.resolve(folder)));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new BayescnnError('usage', `export: expected runs of different names, got two of "${twice}"`, {
    hint: 'TensorBoard tells runs apart by their names: export them to different folders with --out',
  });
}
