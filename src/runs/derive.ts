import { copyFile, cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Config, parseConfig } from '../config/index.js';
import type { DataEvents } from '../data/index.js';
import type { PredictionMetrics } from '../metrics/index.js';
import {
  createRunFolder,
  type Derived,
  type DerivedFrom,
  environment,
  type OpenedRun,
  openRun,
  type RunFolder,
  saveDerived,
  savePredictions,
} from '../results/index.js';
import type { TrainReporter } from '../train/reporter.js';
import { evaluateTestImages } from './predictions.js';
import { engineFacts, type Setup } from './setup.js';
import type { OpenedModel } from './stored-model.js';

/** What every command that makes a run of trained ones is asked. */
export interface DeriveRequest {
  /** Where run folders go. */
  out: string;
  /** Of the new folder; default: the command's. */
  name?: string | undefined;
  backend?: Config['backend']['kind'] | undefined;
  threads?: number | undefined;
  samples?: number | undefined;
  archive?: string | undefined;
  sha256?: string | undefined;
  reporter: TrainReporter;
  dataEvents?: DataEvents | undefined;
  signal?: AbortSignal | undefined;
}

/** summary.json of a run that was made of others, and what its command prints with `--json`. */
export interface DerivedSummary {
  /** The run folder. */
  run: string;
  derived: Derived;
  seed: number;
  /** Of all networks in it. */
  parameters: number | null;
  /** Training time of all runs that it was made of, as they tell it. */
  train_seconds: number | null;
  /** Seconds from the start of the command. */
  total_seconds: number;
  selection: 'validation' | 'none';
  test_images: number;
  /** What its predictions of the test images come to. */
  final: PredictionMetrics & { test_accuracy: number; test_nll: number };
  warnings: string[];
}

/** What is to be written of a new run. */
export interface NewRun {
  name: string;
  config: Config;
  derived: Derived;
  /** Fills the folder with networks. */
  fill(folder: RunFolder): Promise<void>;
}

/** A run as the source of another. */
export function sourceOf({ run, config, checkpoint }: OpenedModel): DerivedFrom {
  return { run: run.path, seed: config.seed, sha256: checkpoint?.sha256 ?? null };
}

/** Copies what a run predicts with: its config, its checkpoint (as the best) or its members, and what it was made of. */
export async function copyRun({ run, checkpoint }: OpenedModel, to: string): Promise<void> {
  await mkdir(path.join(to, 'checkpoints'), { recursive: true });
  for (const file of ['config.json', 'environment.json', 'derived.json', 'summary.json'])
    await copyFile(path.join(run.path, file), path.join(to, file)).catch((cause) => {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    });
  if (checkpoint === null)
    await cp(path.join(run.path, 'members'), path.join(to, 'members'), { recursive: true });
  else await copyFile(checkpoint.path, path.join(to, 'checkpoints', 'best.safetensors'));
}

/**
 * Makes a run folder that `eval`, `predict` and `compare` take like any other: networks, config, derived.json, the
 * predictions of the test images and a summary. A folder that cannot be finished is removed.
 * @param sources the runs that it is made of
 */
export async function makeRun(
  { name, config, derived, fill }: NewRun,
  sources: readonly OpenedRun[],
  request: DeriveRequest,
): Promise<DerivedSummary> {
  const startedAt = new Date();
  const folder = await createRunFolder(request.out, request.name ?? name);
  try {
    await fill(folder);
    await folder.writeConfig({ ...config, name: folder.name });
    await saveDerived(folder.path, derived);
    const { metrics, predictions, setup } = await evaluateTestImages(await openRun(folder.path), request);
    await savePredictions(folder.path, predictions);
    await writeEnvironment(folder, setup, startedAt);
    const summary: DerivedSummary = {
      run: folder.path,
      derived,
      seed: config.seed,
      parameters: total(sources, 'parameters'),
      train_seconds: total(sources, 'train_seconds'),
      total_seconds: (Date.now() - startedAt.getTime()) / 1000,
      selection: config.data.validation > 0 ? 'validation' : 'none',
      test_images: predictions.indices.length,
      final: { ...metrics, test_accuracy: metrics.accuracy, test_nll: metrics.nll },
      warnings: [],
    };
    await folder.writeSummary(summary);
    return summary;
  } catch (error) {
    await rm(folder.path, { recursive: true, force: true });
    throw error;
  }
}

async function writeEnvironment(
  folder: RunFolder,
  { engine, dataset }: Pick<Setup, 'engine' | 'dataset'>,
  startedAt: Date,
): Promise<void> {
  const facts = { engine: engineFacts(engine), dataset, startedAt };
  await folder.writeEnvironment(await environment(facts));
}

/** A figure of all summaries together; null when one does not have it. */
function total(runs: readonly OpenedRun[], key: string): number | null {
  const figures = runs.map(({ summary }) => summary?.[key]);
  if (!figures.every((figure) => typeof figure === 'number')) return null;
  return figures.reduce((sum, figure) => sum + figure, 0);
}

/** A run's config as it stands in its folder, without what a command set in its place. */
export function ownConfig({ run }: OpenedModel): Config {
  return parseConfig(run.config, `${run.path}/config.json`);
}
