import { statSync } from 'node:fs';
import path from 'node:path';
import { type OpenedRun, openRun } from './open-run.js';
import { runNames } from './run-names.js';

/** Runs of a folder, and how many it has in all. */
export interface LatestRuns {
  /** Those that can be read, the last started first. */
  runs: OpenedRun[];
  total: number;
}

/** Runs that are opened at most: a folder may have a hundred thousand, and the first ones are what a reader is shown. */
const LATEST = 100;

/** The runs of a folder whose configs were written last. */
export async function latestRuns(folder: string, limit = LATEST): Promise<LatestRuns> {
  const names = runNames(folder);
  const newest = names
    .map((name) => ({ name, written: writtenAt(path.join(folder, name)) }))
    .sort((a, b) => b.written - a.written)
    .slice(0, limit);
  const opened = await Promise.all(
    newest.map(({ name }) => openRun(path.join(folder, name)).catch(() => null)),
  );
  const startOf = (run: OpenedRun) => String(run.environment?.started_at ?? '');
  const runs = opened
    .filter((run) => run !== null)
    .sort((a, b) => (startOf(a) === startOf(b) ? 0 : startOf(a) < startOf(b) ? 1 : -1));
  return { runs, total: names.length };
}

function writtenAt(run: string): number {
  return statSync(path.join(run, 'config.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
