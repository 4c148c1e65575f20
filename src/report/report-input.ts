import type { DetailedMetrics } from '../metrics/index.js';
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

/** A test image to be shown, and what the run gave it. */
export interface ReportImage {
  /** Why it is shown. */
  readonly pick: ImagePick;
  /** Its place in the archive's test part. */
  readonly index: number;
  /** Names of classes. */
  readonly label: string;
  readonly prediction: string;
  readonly confidence: number;
  /** Nats. */
  readonly predictive_entropy: number;
  readonly mutual_information: number;
  /** 32 x 32, base64. */
  readonly png: string;
}

/** Surest of the right and of the wrong predictions, highest entropy, highest mutual information. */
export type ImagePick = 'certain-right' | 'certain-wrong' | 'uncertain' | 'informative';

type CurveMetrics = Pick<DetailedMetrics, 'accuracy' | 'nll' | 'ece'>;

/** What a run was found to do beyond its own predictions. */
export interface ReportEvaluation {
  /** Test images that were evaluated. */
  readonly n: number;
  /** Of the first 1, 2, ... posterior samples. */
  readonly curve: readonly CurveMetrics[];
  readonly corruptions: readonly (CurveMetrics & { readonly kind: string; readonly severity: number })[];
  readonly outside: readonly {
    readonly set: string;
    /** By predictive entropy. */
    readonly auroc: number;
    /** Shares of images in the bins of predictive entropy. */
    readonly entropy: { readonly in: readonly number[]; readonly out: readonly number[] };
  }[];
  readonly images: readonly ReportImage[];
}

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
  /** null where nobody has made one. */
  readonly evaluation: ReportEvaluation | null;
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
  /** Whether images are left out where there are any. */
  readonly withoutImages: boolean;
  /** Of the program that makes the report. */
  readonly version: string;
}
