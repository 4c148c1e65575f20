import type { tf } from '../backends/tfjs.js';
import type { NamedVariable, TorchTensor } from '../models/named-variable.js';
import type { TorchRecord } from '../models/torch-record.js';
import { Adam, type AdamSettings } from './adam.js';
import { Sgd, type SgdSettings } from './sgd.js';

/** Changes a model's parameters by their gradients, and remembers what it needs for the next step. */
export interface Optimizer {
  /** Steps taken so far, over the whole run. */
  readonly steps: number;
  /** Sets the rate of the steps that follow. */
  setLearningRate(rate: number): void;
  /** One update in place. @param gradients in the parameters' order */
  step(gradients: readonly tf.Tensor[]): void;
  /** Counts steps that ran outside `step`: replayed recordings of it. Default 1. */
  countReplayed(steps?: number): void;
  /** What it remembers, `<parameter>.<slot>`, in PyTorch's layouts. */
  toTorch(): Record<string, TorchTensor>;
  /**
   * Goes on where a saved optimizer stopped.
   * @throws BayescnnError 'data' when names or shapes do not fit; nothing changes then
   */
  restore(record: TorchRecord, steps: number): void;
  /** Frees its buffers, not the parameters. */
  dispose(): void;
}

/** An optimizer by name, with its settings; the learning rate comes with the schedule. */
export type OptimizerOptions =
  | ({ readonly kind: 'sgd' } & SgdSettings)
  | ({ readonly kind: 'adam' | 'adamw' } & Omit<AdamSettings, 'decoupled'>);

/** @throws BayescnnError 'config' for settings that the optimizer refuses */
export function createOptimizer(parameters: readonly NamedVariable[], options: OptimizerOptions): Optimizer {
  if (options.kind === 'sgd') {
    const { kind: _, ...settings } = options;
    return new Sgd(parameters, settings);
  }
  const { kind, ...settings } = options;
  return new Adam(parameters, { ...settings, decoupled: kind === 'adamw' });
}

export { Adam, type AdamSettings } from './adam.js';
export { Sgd, type SgdSettings } from './sgd.js';
