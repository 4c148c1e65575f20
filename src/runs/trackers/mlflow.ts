import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BayescnnError } from '../../errors.js';
import {
  EXPERIMENT_TAGS,
  experimentId,
  experimentMeta,
  experimentName,
  mlflowFiles,
  runId,
  writeAtomic,
  writeError,
} from '../../results/index.js';
import type { ExportedRun } from './tensorboard.js';
import { type TrackedRun, trackedRun } from './tracked-run.js';

/** What of a run folder becomes an artifact, where it is there. */
const ARTIFACTS = [
  'config.json',
  'environment.json',
  'summary.json',
  'derived.json',
  'metrics.csv',
  'posterior.jsonl',
  'report.html',
  'checkpoints/best.safetensors',
] as const;

const NOTE = 'tags/mlflow.note.content';

/**
 * Writes a run into a folder of MLflow's file store, `out/<experiment>/<run id>/`. Exported again later, the run is brought up
 * to date; what was added to it in MLflow stays.
 * @param experiment its name; one of that name which is there is used
 * @throws BayescnnError 'failure' when it cannot be written
 */
export async function exportMlflow(folder: string, out: string, experiment: string): Promise<ExportedRun> {
  const run = await trackedRun(folder);
  const store = path.resolve(out);
  const temporary = path.join(store, `.bayescnn-${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
  try {
    await mkdir(store, { recursive: true });
    const id = await experimentOf(store, experiment, run.startedAt);
    const identity = runId(JSON.stringify([run.startedAt, run.name, run.settings]));
    const place = path.join(store, id, identity);
    await fill(temporary, run, {
      id: identity,
      experiment: id,
      artifacts: fileUri(path.join(place, 'artifacts')),
    });
    // Last, so that MLflow never meets a run without it.
    const meta = path.join(temporary, 'meta.yaml');
    const isOther = (source: string) => source !== meta && !keptNote(source, temporary, place);
    await cp(temporary, place, { recursive: true, filter: isOther });
    await writeAtomic(path.join(place, 'meta.yaml'), await readFile(meta));
    return { run: run.path, path: place, moments: run.moments.length };
  } catch (cause) {
    if (cause instanceof BayescnnError) throw cause;
    throw writeError(store, cause);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A description that somebody may have written in MLflow is not replaced by the config's notes. */
function keptNote(source: string, temporary: string, place: string): boolean {
  return source === path.join(temporary, NOTE) && existsSync(path.join(place, NOTE));
}

const fileUri = (folder: string): string => pathToFileURL(folder).href;

/** The id of the experiment of that name, which is made where there is none. */
async function experimentOf(store: string, name: string, madeAt: Date): Promise<string> {
  for (const id of await readdir(store)) {
    const meta = await readFile(path.join(store, id, 'meta.yaml'), 'utf8').catch(() => '');
    if (experimentName(meta) === name) return id;
  }
  const id = experimentId(name);
  const folder = path.join(store, id);
  await mkdir(path.join(folder, 'tags'), { recursive: true });
  for (const [file, value] of Object.entries(EXPERIMENT_TAGS))
    await writeFile(path.join(folder, file), value);
  await writeAtomic(path.join(folder, 'meta.yaml'), experimentMeta(name, id, fileUri(folder), madeAt));
  return id;
}

async function fill(
  folder: string,
  run: TrackedRun,
  place: { id: string; experiment: string; artifacts: string },
): Promise<void> {
  const { name, startedAt, endedAt, settings: params, moments } = run;
  const files = mlflowFiles({ ...place, name, startedAt, endedAt, params, tags: tagsOf(run), moments });
  // MLflow lists each of them.
  for (const part of ['metrics', 'params', 'tags', 'artifacts'])
    await mkdir(path.join(folder, part), { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
  for (const file of ARTIFACTS) {
    const source = path.join(run.path, file);
    if (existsSync(source)) await cp(source, path.join(folder, 'artifacts', file));
  }
}

function tagsOf({ name, path: folder, notes, facts, commit }: TrackedRun): Record<string, string> {
  return {
    'mlflow.runName': name,
    'mlflow.source.name': 'bayescnn',
    'mlflow.source.type': 'LOCAL',
    ...(commit !== undefined && { 'mlflow.source.git.commit': commit }),
    ...(notes !== '' && { 'mlflow.note.content': notes }),
    'bayescnn.run': folder,
    ...Object.fromEntries(Object.entries(facts).map(([key, value]) => [`bayescnn.${key}`, value])),
  };
}
