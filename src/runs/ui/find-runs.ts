import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { openRun, runNames } from '../../results/index.js';

/** Runs that are followed at most, the last begun first: a folder may have a hundred thousand. */
const MOST = 100;

/** A place that was named: a run, or a folder in which runs are and will be. */
export interface Place {
  readonly folder: string;
  readonly isRun: boolean;
}

/** @throws BayescnnError 'usage' when nothing is there, with the run that was likely meant */
export async function placeOf(folder: string): Promise<Place> {
  const isRun = existsSync(path.join(folder, 'config.json'));
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  // Says best what is wrong with what is neither.
  if (isRun || !isFolder) await openRun(folder);
  return { folder: path.resolve(folder), isRun };
}

/** The run folders that are there now by the names that the page gives them; runs of a sweep's folder too. */
export function findRuns(places: readonly Place[]): Map<string, string> {
  const folders = new Set(
    places.flatMap(({ folder, isRun }) =>
      isRun
        ? [folder]
        : [folder, path.join(folder, 'runs')].flatMap((parent) =>
            runNames(parent).map((name) => path.join(parent, name)),
          ),
    ),
  );
  const begun = new Map([...folders].map((folder) => [folder, begunAt(folder)]));
  const latest = [...folders].sort((a, b) => (begun.get(b) as number) - (begun.get(a) as number));
  return named(latest.slice(0, MOST));
}

function begunAt(run: string): number {
  return statSync(path.join(run, 'config.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs by the ends of their paths, as short as tells them apart. */
function named(folders: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const folder of folders) {
    const parts = folder.split(path.sep);
    const same = (length: number) =>
      folders.filter(
        (other) => other.split(path.sep).slice(-length).join('/') === parts.slice(-length).join('/'),
      );
    let length = 1;
    while (length < parts.length && same(length).length > 1) length++;
    names.set(parts.slice(-length).join('/'), folder);
  }
  return names;
}
