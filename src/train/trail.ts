import type { Model, TorchTensor } from '../models/index.js';
import type { Optimizer } from './optimizer.js';
import type { TrainStep } from './step.js';

/** Steps between two copies of the weights: few enough to be taken again, enough that copies cost nothing. */
const STRIDE = 4000;

type Tensors = Record<string, TorchTensor>;
/** [images, step, learning rate, KL scale, transforms] */
type StepArguments = Parameters<TrainStep['run']>;

/** Where numbers stopped being finite. */
export interface NonFinite {
  /** The step (1 is a run's first) whose update gave a parameter its first NaN or infinity, or else the last one. */
  step: number;
  /**
   * Those parameters, e.g. `conv1.weight_rho`, or where all of them are finite what the optimizer remembers of them, e.g.
   * `conv1.weight_rho.exp_avg_sq`; none where the loss alone is not finite.
   */
  parameters: string[];
  /** The largest magnitude before that step, and whose it was. */
  largest: { parameter: string; value: number };
}

/**
 * Remembers how the last steps were taken, so that a run which ends in NaN can say where it began: the steps since the
 * last copy of the weights are taken again, with a look at every parameter behind each. Steps depend on their inputs
 * alone, so they go the same way.
 */
export class Trail {
  private weights: Tensors = {};
  private memory: Tensors = {};
  private steps = 0;
  private taken: StepArguments[] = [];

  constructor(
    private readonly model: Model,
    private readonly optimizer: Optimizer,
    private readonly step: TrainStep,
  ) {
    this.mark();
  }

  /** Call before each step, with what it is about to be given. */
  note(...step: StepArguments): void {
    // A copy with NaN in it would be of no use: the step that made it is still to be found.
    if (this.taken.length >= STRIDE && this.allFinite()) this.mark();
    this.taken.push(step);
  }

  private mark(): void {
    this.weights = this.model.toTorch();
    this.memory = this.optimizer.toTorch();
    this.steps = this.optimizer.steps;
    this.taken = [];
  }

  /** Whether every parameter is finite now, and all that the optimizer remembers: a gradient that is not gets into either. */
  allFinite(): boolean {
    return this.nonFinite().length === 0;
  }

  private nonFinite(): string[] {
    const { parameters } = this.model;
    const found = parameters.filter(({ variable }) => !isFiniteAll(variable.dataSync() as Float32Array));
    if (found.length > 0) return found.map(({ name }) => name);
    const memory = Object.entries(this.optimizer.toTorch());
    return memory.filter(([, { data }]) => !isFiniteAll(data)).map(([name]) => name);
  }

  /** Takes the steps again. The model is left as it is after the step that is found. */
  findFirst(): NonFinite {
    const last = this.firstBad();
    // Again up to the step before: the search overwrote what it found.
    this.goBack();
    for (const step of this.taken.slice(0, last)) this.step.run(...step);
    const largest = largestOf(this.model);
    this.step.run(...this.taken[last]);
    return { step: this.taken[last][1] + 1, parameters: this.nonFinite(), largest };
  }

  /** Place of the step whose update gave the first NaN or infinity; of the last step where none did. */
  private firstBad(): number {
    this.goBack();
    const first = this.taken.findIndex((step) => {
      this.step.run(...step);
      return !this.allFinite();
    });
    return first === -1 ? this.taken.length - 1 : first;
  }

  private goBack(): void {
    this.model.fromTorch(this.weights);
    this.optimizer.restore(this.memory, this.steps);
  }
}

function isFiniteAll(values: Float32Array): boolean {
  return values.every(Number.isFinite);
}

function largestOf(model: Model): { parameter: string; value: number } {
  let largest = { parameter: '', value: -1 };
  for (const { name, variable } of model.parameters) {
    const value = (variable.dataSync() as Float32Array).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    if (value > largest.value) largest = { parameter: name, value };
  }
  return largest;
}
