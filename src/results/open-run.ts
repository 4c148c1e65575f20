import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import { nearest } from '../nearest.js';
import { quoteJson, strictJson } from '../strict-json.js';
import type { MetricsRow } from '../train/row.js';
import { checkpointFile } from './checkpoint.js';
import { type Derived, loadDerived } from './derived.js';
import { readMetrics } from './metrics-file.js';
import { runNames } from './run-names.js';

/** A run on disk, for reading. */
export interface OpenedRun {
  path: string;
  /** The folder's name. */
  name: string;
  /** The content of config.json; the config's own parser checks it. */
  config: unknown;
  /** The content of environment.json; null when there is none. */
  environment: Record<string, unknown> | null;
  /** The content of summary.json; null until the run has ended. */
  summary: Record<string, unknown> | null;
  /** The content of derived.json: what other runs it was made of; null when it was trained. */
  derived: Derived | null;
  /** Rows of metrics.jsonl. */
  metrics(): Promise<MetricsRow[]>;
  /**
   * The path of a checkpoint: 'best', 'last', or a file of its own.
   * @throws BayescnnError 'usage' when there is none
   */
  checkpoint(which: string): string;
}

const NOT_A_RUN = 'name a folder that `bayescnn train` made, such as results/cnn';

function notARun(folder: string, got: string): BayescnnError {
  const meant = meantRun(folder);
  const hint = meant === undefined ? NOT_A_RUN : `did you mean ${meant}?`;
  return new BayescnnError('usage', `${folder}: expected a run folder, got ${got}`, { hint });
}

/** The run that was likely meant: one of that name in `results`, or one nearby with almost that name. */
function meantRun(folder: string): string | undefined {
  const name = path.basename(folder);
  const places = [...new Set([path.dirname(folder), 'results'])];
  for (const place of places) if (runNames(place).includes(name)) return path.join(place, name);
  for (const place of places) {
    const near = nearest(name, runNames(place));
    if (near !== undefined) return path.join(place, near);
  }
  return undefined;
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((cause) => {
    const code = (cause as NodeJS.ErrnoException).code;
    throw notARun(folder, code === 'ENOENT' ? 'nothing there' : String(code));
  });
  if (!found.isDirectory()) throw notARun(folder, 'a file');
}

/** A JSON object's file; null when it does not exist. */
async function readObject(file: string): Promise<Record<string, unknown> | null> {
  let value: unknown;
  try {
    value = strictJson(await readFile(file, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    const got = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new BayescnnError('data', `${file}: expected a readable JSON file, got ${got}`, {
      hint: 'the file was changed or damaged; use a copy of the run',
      cause,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new BayescnnError('data', `${file}: expected a JSON object, got ${quoteJson(value)}`, {
    hint: 'the file was changed or damaged; use a copy of the run',
  });
}

function locate(folder: string, which: string): string {
  const kept = which === 'best' || which === 'last';
  const file = kept ? checkpointFile(folder, which) : which;
  if (existsSync(file)) return file;
  const others = (['best', 'last'] as const).filter((name) => existsSync(checkpointFile(folder, name)));
  const hint =
    others.length === 0
      ? 'the run has not finished an epoch; train it again, or name a file with --checkpoint'
      : `try --checkpoint ${others.join(' or ')}`;
  throw new BayescnnError('usage', `${folder}: expected a checkpoint "${which}", got no file ${file}`, {
    hint,
  });
}

/**
 * Opens a run folder for reading.
 * @throws BayescnnError 'usage' when the path is no run folder, 'data' when a file of it is damaged
 */
export async function openRun(folder: string): Promise<OpenedRun> {
  await requireFolder(folder);
  const root = path.resolve(folder);
  const config = await readObject(path.join(root, 'config.json'));
  if (config === null) throw notARun(folder, 'a folder without config.json');
  return {
    path: root,
    name: path.basename(root),
    config,
    environment: await readObject(path.join(root, 'environment.json')),
    summary: await readObject(path.join(root, 'summary.json')),
    derived: await loadDerived(root),
    metrics: () => readMetrics(root),
    checkpoint: (which) => locate(root, which),
  };
}
