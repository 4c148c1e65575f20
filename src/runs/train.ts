import { type Config, configHash } from '../config/index.js';
import type { DataEvents } from '../data/index.js';
import type { Model } from '../models/index.js';
import {
  createRunFolder,
  environment,
  type NamedArrays,
  type RunFolder,
  saveCheckpoint,
} from '../results/index.js';
import { type TrainOptions, type TrainOutcome, trainModel } from '../train/loop.js';
import { Sgd } from '../train/optimizer.js';
import type { TrainReporter } from '../train/reporter.js';
import type { EvaluatedRow, MetricsRow } from '../train/row.js';
import { engineLine, modelOf, type Setup, setUp } from './setup.js';

export interface TrainingRequest {
  config: Config;
  /** Where the run folder goes. */
  outDir: string;
  reporter: TrainReporter;
  dataEvents?: DataEvents;
  signal?: AbortSignal;
}

/** summary.json, and what `train --json` prints. */
export interface Summary {
  /** The run folder. */
  run: string;
  model: string;
  parameters: number;
  seed: number;
  epochs: number;
  engine: string;
  threads: number;
  train_images: number;
  test_images: number;
  /** Training time of all epochs; evaluation excluded. */
  train_seconds: number;
  images_per_second: number;
  /** Seconds from the start of the command, data loading and evaluation included. */
  total_seconds: number;
  final: EvaluatedRow;
  best: { epoch: number; test_accuracy: number; selected_by: string };
  /** What the test images were used for. */
  test_set_role: string;
  config_hash: string;
}

/**
 * Trains what a config describes and keeps everything in a new run folder.
 * @throws BayescnnError of every kind; files written so far stay, none is half-written
 */
export async function runTraining(request: TrainingRequest): Promise<Summary> {
  const startedAt = new Date();
  const { config, reporter, dataEvents, signal } = request;
  const setup = await setUp(config, { events: dataEvents, signal });
  reporter.note(engineLine(setup.engine));
  const folder = await createRunFolder(request.outDir, config.name);
  reporter.note(`run folder ${folder.path}`);
  const model = modelOf(config);
  const { learningRate: _, kind: __, ...settings } = config.train.optimizer;
  const optimizer = new Sgd(model.parameters, settings);
  try {
    await writeStart(folder, config, setup, startedAt);
    const outcome = await train(request, setup, folder, model, optimizer);
    const summary = summarize(config, setup, folder, model, outcome, startedAt);
    await folder.writeSummary(summary);
    return summary;
  } finally {
    optimizer.dispose();
    model.dispose();
    await setup.engine.dispose();
  }
}

async function writeStart(folder: RunFolder, config: Config, setup: Setup, startedAt: Date): Promise<void> {
  const { name, reason, threads, relaxed } = setup.engine;
  await folder.writeConfig({ ...config, name: folder.name });
  const facts = { engine: { name, why: reason, threads, relaxed }, dataset: setup.dataset, startedAt };
  await folder.writeEnvironment(await environment(facts));
}

function optionsOf(config: Config): TrainOptions {
  const { epochs, batchSize, optimizer, schedule, kl, printEvery } = config.train;
  return {
    epochs,
    batchSize,
    learningRate: optimizer.learningRate,
    schedule: schedule.kind === 'cosine' ? { kind: 'cosine', minimum: schedule.to } : schedule,
    klWeight: config.model.bayesian === 'none' ? 0 : kl.weight,
    printEvery,
    seed: config.seed,
    evaluation: config.eval,
  };
}

function train(
  { config, reporter, signal }: TrainingRequest,
  { plan, train, test }: Setup,
  folder: RunFolder,
  model: Model,
  optimizer: Sgd,
): Promise<TrainOutcome> {
  const save = (which: 'last' | 'best', row: MetricsRow) =>
    saveCheckpoint(folder.path, which, {
      weights: model.toTorch(),
      optimizer: momentumOf(optimizer),
      counters: { epoch: row.epoch, step: row.step, seed: config.seed },
      meta: { model: config.model, parameters: model.parameterCount },
    });
  return trainModel(optionsOf(config), {
    model,
    optimizer,
    data: { train, test, plan },
    reporter,
    signal,
    onLossPrint: (print) => folder.appendLoss(print),
    onEpochEnd: async (row, improved) => {
      await save('last', row);
      if (improved) await save('best', row);
      await folder.appendMetrics(row);
    },
  });
}

function momentumOf(optimizer: Sgd): NamedArrays {
  return Object.fromEntries(
    Object.entries(optimizer.toTorch()).map(([name, array]) => [`${name}.momentum`, array]),
  );
}

function summarize(
  config: Config,
  { engine, plan }: Setup,
  folder: RunFolder,
  model: Model,
  { final, best, seconds, images }: TrainOutcome,
  startedAt: Date,
): Summary {
  const selects = plan.validation.length > 0;
  return {
    run: folder.path,
    model: `${config.model.architecture}, bayesian: ${config.model.bayesian}`,
    parameters: model.parameterCount,
    seed: config.seed,
    epochs: config.train.epochs,
    engine: engine.name,
    threads: engine.threads,
    train_images: plan.train.length,
    test_images: plan.test.length,
    train_seconds: seconds,
    images_per_second: images / seconds,
    total_seconds: (Date.now() - startedAt.getTime()) / 1000,
    final,
    best: {
      epoch: best.epoch,
      test_accuracy: best.test_accuracy,
      selected_by: selects ? 'validation NLL' : 'the last epoch: there is no validation split',
    },
    test_set_role: 'measured after each evaluated epoch; selects nothing',
    config_hash: configHash(config),
  };
}
