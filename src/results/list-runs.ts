import path from 'node:path';
import { type OpenedRun, openRun } from './open-run.js';
import { runNames } from './run-names.js';

/** The runs in a folder that can be read, the last started first. */
export async function listRuns(folder: string): Promise<OpenedRun[]> {
  const opened = await Promise.all(
    runNames(folder).map((name) => openRun(path.join(folder, name)).catch(() => null)),
  );
  const startOf = (run: OpenedRun) => String(run.environment?.started_at ?? '');
  return opened
    .filter((run) => run !== null)
    .sort((a, b) => (startOf(a) === startOf(b) ? 0 : startOf(a) < startOf(b) ? 1 : -1));
}
