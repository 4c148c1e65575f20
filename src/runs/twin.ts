import path from 'node:path';
import { latestRuns, type OpenedRun } from '../results/index.js';

/** Whether a stored run's model has a posterior, whatever version wrote it. */
export function isBayesianRun({ config }: OpenedRun): boolean {
  return (config as { model?: { bayesian?: unknown } }).model?.bayesian !== 'none';
}

/** What two runs must share to be set side by side: the archive, and which images of it they use. */
function dataOf({ config, environment }: OpenedRun): string {
  const { source, subset, validation } = (config as { data?: Record<string, unknown> }).data ?? {};
  const archive = (environment?.dataset as { sha256?: unknown } | undefined)?.sha256;
  return JSON.stringify([archive, source, subset, validation]);
}

/**
 * The twin of a run among others: the first that has finished on the same data and is Bayesian where the run is not, or
 * the other way round.
 */
export function twinAmong(run: OpenedRun, others: readonly OpenedRun[]): OpenedRun | undefined {
  return others.find(
    (other) =>
      other.summary !== null && isBayesianRun(other) !== isBayesianRun(run) && dataOf(other) === dataOf(run),
  );
}

/** The twin of a run in its own folder: the last that was started. */
export async function findTwin(run: OpenedRun): Promise<OpenedRun | undefined> {
  return twinAmong(run, (await latestRuns(path.dirname(run.path))).runs);
}
