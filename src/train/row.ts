/** What training tells about an epoch. */
export interface TrainingColumns {
  epoch: number;
  /** Optimizer steps so far. */
  step: number;
  /** Training seconds of this epoch (evaluation and pauses excluded). */
  seconds: number;
  /** Training images per second of this epoch. */
  images_per_second: number;
  /** The rate of the epoch's last step. */
  learning_rate: number;
  /** Mean over the epoch of nll + kl_weight * kl / N. */
  train_loss: number;
  train_nll: number;
  /** KL(q || p) in nats, mean over the epoch's steps; 0 for a CNN. */
  train_kl: number;
  kl_weight: number;
  train_accuracy: number;
}

/** What the evaluation after an epoch tells. */
export interface EvaluationColumns {
  /** test_nll + kl_weight * kl / N at the end of the epoch. */
  test_loss: number;
  test_nll: number;
  test_accuracy: number;
  /** Mean entropy of the averaged predictive distribution, nats. */
  predictive_entropy: number;
  /** Mean entropy of each sample's distribution, nats. */
  expected_entropy: number;
  mutual_information: number;
  ece: number;
  brier: number;
  /** Posterior samples behind the test metrics. */
  samples: number;
  /** Seconds spent on this epoch's evaluation. */
  eval_seconds: number;
}

/** Set when `data.validation` > 0. */
export interface ValidationColumns {
  validation_nll: number | null;
  validation_accuracy: number | null;
}

/** A row of metrics.jsonl and metrics.csv; epochs that `eval.every` skips have null for what was not measured. */
export type MetricsRow = TrainingColumns & {
  [K in keyof EvaluationColumns]: number | null;
} & ValidationColumns;

/** The row of an epoch that was evaluated; a run's last epoch always is. */
export type EvaluatedRow = TrainingColumns & EvaluationColumns & ValidationColumns;

/** Columns that measure time: the only ones that may differ between two runs of one seed. */
export const TIME_COLUMNS = ['seconds', 'images_per_second', 'eval_seconds'] as const;

/** One printed loss: the mean NLL of `every` mini-batches (the notebook prints each 2,000). */
export interface LossPrint {
  epoch: number;
  batch: number;
  loss: number;
}
