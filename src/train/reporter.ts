import type { LossPrint, MetricsRow } from './row.js';

/** Where a training run stands; sent a few times a second. */
export interface TrainProgress {
  epoch: number;
  epochs: number;
  /** Steps done in this epoch, and in a whole one. */
  step: number;
  steps: number;
  /** Running mean NLL of the epoch. */
  loss: number;
  /** Of the epoch's training images so far. */
  accuracy: number;
  /** Mean KL(q || prior) of the epoch's steps, nats; 0 without a posterior. */
  kl: number;
  imagesPerSecond: number;
  /** Seconds left of the whole run's training, by the rate so far. */
  etaSeconds: number;
}

/** What a training run tells the outside; the command line draws it, tests record it. */
export interface TrainReporter {
  note(message: string): void;
  warn(message: string): void;
  progress(progress: TrainProgress): void;
  lossPrint(print: LossPrint): void;
  evaluating(done: number, total: number): void;
  epoch(row: MetricsRow): void;
}
