import type { Model, NamedVariable, TorchRecord, TorchTensor } from '../models/index.js';
import { rhoOf } from '../models/initialize.js';
import { type StatisticsSource, takeBatchStatistics } from './batch-statistics.js';
import { type Classifier, classifierOf } from './classifier.js';

/** SWAG-diagonal: when weights are collected, and the posterior that they make. */
export interface SwagOptions {
  /** Epochs before collecting begins. */
  readonly start: number;
  /** Steps between two collections; null: one at the end of each epoch. */
  readonly every: number | null;
  /** The learning rate from `start` on; null: the schedule goes on. */
  readonly learningRate: number | null;
  /** Factor of the collected variance; 0: no posterior, the mean alone (SWA). */
  readonly scale: number;
}

/** The least variance that a weight is given, as in the authors' code: one that never moved has no logarithm of its width. */
const LEAST_VARIANCE = 1e-30;

/** Mean and summed squared deviations of a parameter's collected values, in PyTorch's order. */
interface Moments {
  readonly shape: readonly number[];
  readonly mean: Float32Array;
  readonly deviations: Float32Array;
}

/**
 * Running moments of a network's weights (Maddox et al. 2019, section 3.2), by Welford's update in float32: a checkpoint
 * holds the whole state, so that a resumed run goes on with the same bits.
 */
export class SwagMoments {
  private readonly moments: Map<string, Moments>;
  private count = 0;

  constructor(parameters: Readonly<Record<string, TorchTensor>>) {
    this.moments = new Map(
      Object.entries(parameters).map(([name, { shape, data }]) => [
        name,
        { shape, mean: new Float32Array(data.length), deviations: new Float32Array(data.length) },
      ]),
    );
  }

  /** Sets of weights so far. */
  get collected(): number {
    return this.count;
  }

  /** Takes in a set of weights. */
  add(parameters: TorchRecord): void {
    this.count++;
    for (const [name, { mean, deviations }] of this.moments) {
      const { data } = parameters[name];
      for (let i = 0; i < data.length; i++) {
        const off = data[i] - mean[i];
        mean[i] += off / this.count;
        deviations[i] += off * (data[i] - mean[i]);
      }
    }
  }

  /** `<parameter>.mean` and `<parameter>.squared_deviations`: their sum over the collected sets. */
  toTorch(): Record<string, TorchTensor> {
    const record: Record<string, TorchTensor> = {};
    for (const [name, { shape, mean, deviations }] of this.moments) {
      record[`${name}.mean`] = { shape, data: mean.slice() };
      record[`${name}.squared_deviations`] = { shape, data: deviations.slice() };
    }
    return record;
  }

  restore(record: TorchRecord, collected: number): void {
    for (const [name, { mean, deviations }] of this.moments) {
      mean.set(record[`${name}.mean`].data);
      deviations.set(record[`${name}.squared_deviations`].data);
    }
    this.count = collected;
  }
}

/**
 * What a run's collected weights make, as the network that `scale` asks for holds it.
 * @param record what `Swag.toTorch` gave
 */
export function swagWeights(record: TorchRecord, collected: number, scale: number): TorchRecord {
  return scale === 0 ? meanOf(record) : swagPosterior(record, collected, scale);
}

/** The mean of the collected weights (Izmailov et al. 2018, algorithm 1), and the batch-norm statistics that are its own. */
function meanOf(record: TorchRecord): TorchRecord {
  const mean: Record<string, TorchTensor> = {};
  for (const [key, tensor] of Object.entries(record)) {
    if (key.endsWith('.mean')) mean[key.slice(0, -'.mean'.length)] = tensor;
    else if (!key.endsWith('.squared_deviations')) mean[key] = tensor;
  }
  return mean;
}

/**
 * The Gaussian posterior of collected moments, N(mean, scale (deviations / collected)), as a Bayesian network holds it:
 * `<parameter>_mu` and `<parameter>_rho`, sigma = softplus(rho).
 * @param record what `SwagMoments.toTorch` gave
 */
function swagPosterior(record: TorchRecord, collected: number, scale: number): TorchRecord {
  const posterior: Record<string, TorchTensor> = {};
  for (const [key, { shape, data }] of Object.entries(record)) {
    const name = key.slice(0, key.lastIndexOf('.'));
    if (key.endsWith('.mean')) posterior[`${name}_mu`] = { shape, data };
    else
      posterior[`${name}_rho`] = { shape, data: data.map((sum) => rhoOf(sigmaOf(sum / collected, scale))) };
  }
  return posterior;
}

function sigmaOf(variance: number, scale: number): number {
  return Math.sqrt(scale * Math.max(variance, LEAST_VARIANCE));
}

/** Collects a run's weights in its last part, and evaluates the posterior that they make, or their mean. */
export class Swag {
  private readonly moments: SwagMoments;
  private twin: Model | undefined;
  /** Of how many sets of weights the twin is, with its batch-norm statistics. */
  private settled = 0;

  /**
   * @param makeTwin the same network with a posterior over all weights, sampled a draw for all images; with scale 0 once more
   * @param source where the statistics of its batch normalisation come from
   */
  constructor(
    private readonly model: Model,
    private readonly options: SwagOptions,
    private readonly stepsPerEpoch: number,
    private readonly makeTwin: () => Model,
    private readonly source: StatisticsSource,
  ) {
    this.moments = new SwagMoments(recordOf(model, model.parameters));
  }

  /** Sets of weights so far. */
  get collected(): number {
    return this.moments.collected;
  }

  /** The rate of a step, counted from 0, that would be `scheduled` otherwise. */
  rate(step: number, scheduled: number): number {
    const { start, learningRate } = this.options;
    return learningRate !== null && step >= start * this.stepsPerEpoch ? learningRate : scheduled;
  }

  /** Call behind each step. @param taken steps so far */
  afterStep(taken: number): void {
    const since = taken - this.options.start * this.stepsPerEpoch;
    if (since > 0 && since % this.every === 0) this.moments.add(recordOf(this.model, this.model.parameters));
  }

  /** Whether there is a posterior once so many steps are taken. */
  readyBy(taken: number): boolean {
    return taken >= this.options.start * this.stepsPerEpoch + this.every;
  }

  private get every(): number {
    return this.options.every ?? this.stepsPerEpoch;
  }

  /**
   * Makes of the weights collected by now what is evaluated; with batch normalisation a pass over training images.
   * @throws the signal's reason; another call goes on
   */
  async settle(signal?: AbortSignal): Promise<void> {
    if (this.settled === this.collected) return;
    const twin = this.load(recordOf(this.model, this.model.buffers));
    if (twin.buffers.length > 0) await takeBatchStatistics(twin, this.source, signal);
    this.settled = this.collected;
  }

  /** The twin with the weights collected by now. */
  private load(statistics: TorchRecord): Model {
    this.twin ??= this.makeTwin();
    const record = { ...this.moments.toTorch(), ...statistics };
    this.twin.fromTorch(swagWeights(record, this.collected, this.options.scale));
    return this.twin;
  }

  /** What is evaluated, once it is settled: the posterior or the mean, or before weights are collected the network itself. */
  classifier(): Classifier {
    return classifierOf(this.twin ?? this.model);
  }

  /** The moments as `SwagMoments.toTorch`, and the mean's batch-norm statistics, where it has some and they are settled. */
  toTorch(): Record<string, TorchTensor> {
    const { twin } = this;
    const settled = twin && this.settled === this.collected;
    return { ...this.moments.toTorch(), ...(settled && recordOf(twin, twin.buffers)) };
  }

  /** Takes up what an earlier part of the run collected: what `toTorch` gave. */
  restore(record: TorchRecord, collected: number): void {
    this.moments.restore(record, collected);
    const names = this.model.buffers.map(({ name }) => name);
    if (collected === 0 || !names.every((name) => name in record)) return;
    this.load(Object.fromEntries(names.map((name) => [name, record[name]])));
    this.settled = collected;
  }

  /** Frees the twin. */
  dispose(): void {
    this.twin?.dispose();
  }
}

/** Some of a network's variables: its record holds all. */
function recordOf(model: Model, variables: readonly NamedVariable[]): Record<string, TorchTensor> {
  const record = model.toTorch();
  return Object.fromEntries(variables.map(({ name }) => [name, record[name]]));
}
