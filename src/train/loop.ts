import { setImmediate } from 'node:timers/promises';
import { type Augmentation, drawTransforms, epochBatches } from '../data/index.js';
import { BayescnnError } from '../errors.js';
import type { ImagePredictions } from '../metrics/index.js';
import type { Model } from '../models/index.js';
import { streamKey } from '../rng.js';
import { CheckpointClock, type CheckpointInterval } from './checkpoint-clock.js';
import { diverged } from './diverged.js';
import { type EvaluationResult, evaluate } from './evaluate.js';
import { HealthMonitor } from './health.js';
import { type KlOptions, klWeightAt } from './kl-weight.js';
import type { Optimizer } from './optimizer.js';
import { type PosteriorRow, posteriorRows } from './posterior-row.js';
import { beginEpoch, type EpochProgress, type RunningEpoch } from './progress.js';
import type { TrainReporter } from './reporter.js';
import type { EvaluatedRow, LossPrint, MetricsRow, TrainingColumns } from './row.js';
import { learningRateAt, type RunLength, type ScheduleOptions } from './schedule.js';
import { type LabelledSource, TrainStep } from './step.js';
import type { Swag } from './swag.js';
import { Trail } from './trail.js';

/** Milliseconds of training between two looks at the outside world (progress, interrupts). */
const BREATH = 60;

export interface TrainOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Factor of every step's rate, after rollbacks. Default 1. */
  readonly rateFactor?: number;
  readonly schedule: ScheduleOptions;
  readonly kl: KlOptions;
  /** What is done to training images, and to no others. */
  readonly augment: readonly Augmentation[];
  readonly printEvery: number;
  readonly seed: number;
  /** Checkpoints inside an epoch. */
  readonly checkpoint: CheckpointInterval;
  /** Where an earlier part of the run stopped; its rows count as this run's own. */
  readonly from?: EarlierPart;
  readonly evaluation: { readonly samples: number; readonly every: number; readonly batchSize: number };
}

/** The part of a run that an earlier process finished. */
export interface EarlierPart {
  /** Whole epochs, and steps, that are done. */
  readonly epoch: number;
  readonly step: number;
  /** Where the next epoch stopped, unless at its beginning. */
  readonly progress?: EpochProgress | undefined;
  readonly rows: readonly MetricsRow[];
  readonly posterior: readonly PosteriorRow[];
}

/** The images of a run: the training split's pixels, with what is held out, and the test split's. */
export interface TrainData {
  readonly train: LabelledSource;
  readonly test: LabelledSource;
  readonly plan: { readonly train: Int32Array; readonly validation: Int32Array; readonly test: Int32Array };
}

/**
 * Told at the end of each epoch, after its evaluation; the caller writes its files.
 * @param images what each test image was given, in the order of the plan; none when the epoch was not evaluated
 * @param posterior a row for each Bayesian layer
 */
export type EpochEnd = (
  row: MetricsRow,
  improved: boolean,
  images: ImagePredictions | undefined,
  posterior: readonly PosteriorRow[],
) => Promise<void>;

/** Told where a run stands inside an epoch, to keep it with the weights and the optimizer. */
export type CheckpointSave = (progress: EpochProgress, step: number) => Promise<void>;

export interface TrainContext {
  readonly model: Model;
  readonly optimizer: Optimizer;
  /** Collects weights, and makes of them what is evaluated. */
  readonly swag?: Swag | undefined;
  readonly data: TrainData;
  readonly reporter: TrainReporter;
  readonly onLossPrint: (print: LossPrint) => Promise<void>;
  readonly onEpochEnd: EpochEnd;
  readonly onCheckpoint: CheckpointSave;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainOutcome {
  final: EvaluatedRow;
  best: EvaluatedRow;
  /** Training seconds and images of all epochs. */
  seconds: number;
  images: number;
  /** The Bayesian layers after the last epoch. */
  posterior: readonly PosteriorRow[];
  /** What the run's epochs gave cause to warn of. */
  warnings: readonly string[];
}

/**
 * Trains a model: epochs of shuffled mini-batches, each followed by an evaluation.
 * @throws BayescnnError 'failure' when the loss stops being finite, 'interrupted' on the signal, after a checkpoint
 */
export async function trainModel(options: TrainOptions, context: TrainContext): Promise<TrainOutcome> {
  const run = new TrainingRun(options, context);
  try {
    return await run.all();
  } finally {
    run.dispose();
  }
}

class TrainingRun {
  private readonly step: TrainStep;
  private readonly n: number;
  private readonly length: RunLength;
  private readonly trail: Trail;
  private readonly health: HealthMonitor;
  private readonly clock: CheckpointClock;
  private taken = 0;
  /** The step of the last checkpoint. */
  private saved = 0;
  private trainSeconds = 0;

  constructor(
    private readonly options: TrainOptions,
    private readonly context: TrainContext,
  ) {
    const { model, optimizer, data } = context;
    this.step = new TrainStep(model, optimizer, data.train);
    this.trail = new Trail(model, optimizer, this.step);
    this.health = new HealthMonitor(data.plan.test.length);
    this.clock = new CheckpointClock(options.checkpoint);
    this.n = data.plan.train.length;
    const stepsPerEpoch = Math.ceil(this.n / options.batchSize);
    this.length = { steps: options.epochs * stepsPerEpoch, stepsPerEpoch };
  }

  async all(): Promise<TrainOutcome> {
    const { epochs, evaluation, from } = this.options;
    let { best, final, posterior } = this.takeUp(from);
    const first = (from?.epoch ?? 0) + 1;
    for (let epoch = first; epoch <= epochs; epoch++) {
      const running = beginEpoch(epoch, from?.progress);
      const columns = await this.keeping(running, () => this.epoch(running));
      if (epoch === first && this.step.obstacle)
        this.context.reporter.note(`steps are not replayed: ${this.step.obstacle}`);
      posterior = posteriorRows(this.context.model, epoch);
      const due = epoch % evaluation.every === 0 || epoch === epochs;
      const { row, images } = due
        ? await this.keeping(running, () => this.evaluated(columns))
        : { row: skipped(columns) };
      const improved = due && this.counts(row) && isBetter(row as EvaluatedRow, best);
      if (due) final = row as EvaluatedRow;
      if (improved) best = final;
      await this.context.onEpochEnd(row, improved, images, posterior);
      this.isSaved();
      this.context.reporter.epoch(row);
      for (const warning of this.health.look(row, posterior)) this.context.reporter.warn(warning);
    }
    return {
      final: final as EvaluatedRow,
      best: best as EvaluatedRow,
      seconds: this.trainSeconds,
      images: this.n * epochs,
      posterior,
      warnings: this.health.warnings,
    };
  }

  /** Counts the epochs of an earlier part of the run. */
  private takeUp(from: EarlierPart | undefined): {
    best?: EvaluatedRow;
    final?: EvaluatedRow;
    posterior: readonly PosteriorRow[];
  } {
    this.taken = from?.step ?? 0;
    this.saved = this.taken;
    const layers = (epoch: number) => from?.posterior.filter((row) => row.epoch === epoch) ?? [];
    let best: EvaluatedRow | undefined;
    let final: EvaluatedRow | undefined;
    for (const row of from?.rows ?? []) {
      this.trainSeconds += row.seconds;
      this.health.look(row, layers(row.epoch));
      if (row.test_nll === null) continue;
      final = row as EvaluatedRow;
      if (this.counts(row) && isBetter(final, best)) best = final;
    }
    return { ...(best && { best }), ...(final && { final }), posterior: layers(from?.epoch ?? 0) };
  }

  /** Whether an epoch may be the best: with SWAG, one that has its posterior. */
  private counts({ step }: MetricsRow): boolean {
    return this.context.swag?.readyBy(step) ?? true;
  }

  /** Trains one epoch, or what is left of it. The clock covers the steps, and what SWAG makes of them. */
  private async epoch(running: RunningEpoch): Promise<TrainingColumns> {
    const { options, context, n } = this;
    const { epoch, sums } = running;
    let started = performance.now();
    const key = streamKey(options.seed, 'shuffle');
    for (const batch of epochBatches(context.data.plan.train, options.batchSize, key, epoch, sums.steps)) {
      const print = this.oneStep(batch, running);
      const elapsed = performance.now() - started;
      const keep = this.clock.dueAfter(this.taken);
      if (print || keep || elapsed > BREATH) {
        running.seconds += elapsed / 1000;
        if (print) await this.print(print);
        if (keep || this.clock.overdue) await this.save(running);
        await this.breathe(running);
        started = performance.now();
      }
    }
    await context.swag?.settle(context.signal);
    running.seconds += (performance.now() - started) / 1000;
    const { seconds } = running;
    this.trainSeconds += seconds;
    // The loss is measured before the update, so it cannot tell of the last one.
    this.checkWeights(epoch);
    const nll = sums.nll / sums.images;
    const kl = sums.kl / sums.steps;
    return {
      epoch,
      step: this.taken,
      seconds,
      images_per_second: n / seconds,
      learning_rate: this.rate(this.taken - 1),
      train_loss: nll + sums.weightedKl / n,
      train_nll: nll,
      train_kl: kl,
      kl_weight: sums.klWeight,
      train_accuracy: sums.correct / sums.images,
    };
  }

  private checkWeights(epoch: number): void {
    if (!this.trail.allFinite()) throw diverged({ step: this.taken, epoch }, this.trail.findFirst());
  }

  /** Keeps where an epoch stands; weights that are no longer finite never get into a checkpoint. */
  private async save(running: RunningEpoch): Promise<void> {
    if (this.saved === this.taken) return;
    this.checkWeights(running.epoch);
    await this.context.onCheckpoint({ ...running, sums: { ...running.sums } }, this.taken);
    this.isSaved();
  }

  private isSaved(): void {
    this.saved = this.taken;
    this.clock.restart();
  }

  /** Runs a part of an epoch; where the signal ends it, how far it got is kept. */
  private async keeping<T>(running: RunningEpoch, part: () => Promise<T>): Promise<T> {
    const { signal } = this.context;
    try {
      return await part();
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw error;
      await this.save(running);
      throw interrupted(this.taken);
    }
  }

  private rate(step: number): number {
    const { schedule, learningRate, rateFactor = 1 } = this.options;
    const scheduled = learningRateAt(schedule, learningRate, step, this.length);
    return rateFactor * (this.context.swag?.rate(step, scheduled) ?? scheduled);
  }

  private oneStep(batch: Int32Array, { epoch, sums, printed }: RunningEpoch): LossPrint | undefined {
    const { printEvery, kl } = this.options;
    const klWeight = klWeightAt(kl, this.taken, this.length);
    const rate = this.rate(this.taken);
    const transforms = this.transforms(batch, epoch);
    this.trail.note(batch, this.taken, rate, klWeight / this.n, transforms);
    const result = this.step.run(batch, this.taken, rate, klWeight / this.n, transforms);
    this.taken++;
    this.context.swag?.afterStep(this.taken);
    if (!Number.isFinite(result.nll) || !Number.isFinite(result.kl))
      throw diverged({ step: this.taken, epoch, ...result }, this.trail.findFirst());
    sums.add(result, batch.length, klWeight);
    printed.sum += result.nll;
    if (++printed.batches < printEvery) return undefined;
    const print = { epoch, batch: sums.steps, loss: printed.sum / printEvery };
    Object.assign(printed, { sum: 0, batches: 0 });
    return print;
  }

  /** How the batch's images are augmented in this epoch; undefined without augmentation. */
  private transforms(batch: Int32Array, epoch: number): Int32Array | undefined {
    const { augment, seed } = this.options;
    return augment.length === 0
      ? undefined
      : drawTransforms(batch, augment, streamKey(seed, 'augment'), epoch);
  }

  private async print(print: LossPrint): Promise<void> {
    this.context.reporter.lossPrint(print);
    await this.context.onLossPrint(print);
  }

  private async breathe({ epoch, sums, seconds }: RunningEpoch): Promise<void> {
    const { reporter, signal } = this.context;
    const { steps, stepsPerEpoch } = this.length;
    const perStep = seconds / sums.steps;
    reporter.progress({
      epoch,
      epochs: this.options.epochs,
      step: sums.steps,
      steps: stepsPerEpoch,
      loss: sums.nll / sums.images,
      accuracy: sums.correct / sums.images,
      kl: sums.kl / sums.steps,
      imagesPerSecond: sums.images / seconds,
      etaSeconds: perStep * (steps - this.taken),
    });
    await setImmediate();
    signal?.throwIfAborted();
  }

  private async evaluated(
    columns: TrainingColumns,
  ): Promise<{ row: MetricsRow; images?: ImagePredictions | undefined }> {
    const { data } = this.context;
    const started = performance.now();
    const test = await this.measure(data.test, data.plan.test, columns.epoch);
    const held = data.plan.validation;
    const validation = held.length > 0 ? await this.measure(data.train, held, columns.epoch) : null;
    const row: EvaluatedRow = {
      ...columns,
      test_loss: test.nll + (columns.kl_weight * test.kl) / this.n,
      test_nll: test.nll,
      test_accuracy: test.accuracy,
      predictive_entropy: test.predictive_entropy,
      expected_entropy: test.expected_entropy,
      mutual_information: test.mutual_information,
      ece: test.ece,
      brier: test.brier,
      samples: test.samples,
      eval_seconds: (performance.now() - started) / 1000,
      validation_nll: validation?.nll ?? null,
      validation_accuracy: validation?.accuracy ?? null,
    };
    return { row, images: test.images };
  }

  private measure(source: LabelledSource, indices: Int32Array, epoch: number): Promise<EvaluationResult> {
    const { model, swag, reporter, signal } = this.context;
    const { samples, batchSize } = this.options.evaluation;
    return evaluate(swag?.classifier() ?? model, source, {
      indices,
      samples,
      batchSize,
      epoch,
      signal,
      keepImages: true,
      onProgress: (done, total) => reporter.evaluating(done, total),
    });
  }

  dispose(): void {
    this.step.dispose();
  }
}

/** The lower validation NLL wins; without a validation split the later epoch does: the test set selects nothing. */
function isBetter(row: EvaluatedRow, best: EvaluatedRow | undefined): boolean {
  if (best === undefined || row.validation_nll === null || best.validation_nll === null) return true;
  return row.validation_nll < best.validation_nll;
}

function skipped(columns: TrainingColumns): MetricsRow {
  return {
    ...columns,
    test_loss: null,
    test_nll: null,
    test_accuracy: null,
    predictive_entropy: null,
    expected_entropy: null,
    mutual_information: null,
    ece: null,
    brier: null,
    samples: null,
    eval_seconds: null,
    validation_nll: null,
    validation_accuracy: null,
  };
}

function interrupted(step: number): BayescnnError {
  return new BayescnnError('interrupted', `training: stopped on request after step ${step}, which is kept`);
}
