import type { PosteriorRow } from '../train/posterior-row.js';
import type { MetricsRow } from '../train/row.js';
import type { ComparisonReport } from './comparison-text.js';
import type { ImageScores } from './scores.js';

/** Weights of one Bayesian layer by their posterior's standard deviation. */
export interface SigmaHistogram {
  readonly layer: string;
  /** Weights in each of `SIGMA_BINS`. */
  readonly counts: readonly number[];
}

/** Bins of log10 sigma, equal in width; what lies beyond goes to the end bins. */
export const SIGMA_BINS = { low: -4, high: 1, count: 50 } as const;

/** A run as a report shows it. */
export interface ReportRun {
  readonly name: string;
  readonly seed: number;
  /** Posterior samples behind `scores`. */
  readonly samples: number;
  /** Of each test image, by the best checkpoint. */
  readonly scores: ImageScores;
  /** One row an epoch. */
  readonly metrics: readonly MetricsRow[];
  /** One row an epoch and Bayesian layer. */
  readonly posterior: readonly PosteriorRow[];
  readonly sigmas: readonly SigmaHistogram[];
  /** The config's `notes`. */
  readonly notes: string;
  /** What its training warned of, and whether it ended. */
  readonly warnings: readonly string[];
  /** Facts of machine and program, for people. */
  readonly environment: readonly (readonly [string, string])[];
}

/** Runs of one configuration, in the order of `comparison.groups`. */
export interface ReportGroup {
  readonly name: string;
  readonly bayesian: boolean;
  readonly runs: readonly ReportRun[];
}

/** All that a report is made of. */
export interface ReportInput {
  readonly groups: readonly ReportGroup[];
  readonly comparison: ComparisonReport;
  /** Of the program that makes the report. */
  readonly version: string;
}
