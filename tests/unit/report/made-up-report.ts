import { SNR_BINS } from '../../../src/metrics/index.js';
import {
  compareGroups,
  ENTROPY_BINS,
  imageScores,
  type ReportEvaluation,
  type ReportGroup,
  type ReportInput,
  type ReportRun,
  SIGMA_BINS,
} from '../../../src/report/index.js';
import type { PosteriorRow } from '../../../src/train/posterior-row.js';
import type { MetricsRow } from '../../../src/train/row.js';
import { type Behaviour, madeUpRun } from './made-up.js';

const LAYERS = ['conv1', 'fc1'];

export function madeUpRow(epoch: number, more: Partial<MetricsRow> = {}): MetricsRow {
  const nll = 2 / epoch;
  return {
    epoch,
    step: 10 * epoch,
    seconds: 2,
    images_per_second: 500,
    learning_rate: 0.1,
    train_loss: nll,
    train_nll: nll,
    train_kl: 0,
    kl_weight: 0,
    train_accuracy: 0.5,
    test_loss: nll,
    test_nll: nll,
    test_accuracy: 0.1 * epoch,
    predictive_entropy: 1,
    expected_entropy: 1,
    mutual_information: 0,
    ece: 0.1,
    brier: 0.5,
    samples: 1,
    eval_seconds: 0.5,
    validation_nll: null,
    validation_accuracy: null,
    ...more,
  };
}

function madeUpPosterior(epoch: number, layer: string): PosteriorRow {
  const snr_histogram = Array.from({ length: SNR_BINS.count }, (_, i) => (i === 12 ? 100 : 0));
  return { epoch, layer, kl: 5, weights: 100, mean_sigma: 0.05, median_snr: 1, p95_snr: 2, snr_histogram };
}

export interface MadeUpGroup {
  name: string;
  behaviour: Behaviour;
  /** Of the runs' own noise; seeds are added. */
  noise: number;
  bayesian?: boolean;
  runs?: number;
  notes?: string;
  evaluated?: boolean;
}

/** Accuracies fall by a tenth a severity; the second kind is 0.1 worse than the first. */
function madeUpEvaluation(samples: number, seed: number): ReportEvaluation {
  const metrics = (accuracy: number) => ({ accuracy, nll: 1, ece: 0.1 });
  const bins = (at: number) => Array.from({ length: ENTROPY_BINS.count }, (_, i) => (i === at ? 1 : 0));
  return {
    n: 300,
    curve: Array.from({ length: samples }, (_, s) => metrics(0.8 + s / 100 + seed / 50)),
    corruptions: ['fog', 'snow'].flatMap((kind, worse) =>
      [1, 2].map((severity) => ({ kind, severity, ...metrics(0.8 - 0.1 * (severity + worse)) })),
    ),
    outside: [{ set: 'noise', auroc: 0.9 - seed / 10, entropy: { in: bins(0), out: bins(20) } }],
    images: [
      {
        ...{ pick: 'certain-wrong', index: 7, label: '<cat>', prediction: 'dog', confidence: 0.987 },
        ...{ predictive_entropy: 0.1, mutual_information: 0.05, png: 'iVBORw0KGgo=' },
      },
    ],
  };
}

/** Groups of made-up runs, one a seed, and their comparison: what a report is made of. */
export function madeUpReport(groups: readonly MadeUpGroup[], n = 400): ReportInput {
  const compared = groups.map(({ name, behaviour, noise, bayesian = false, runs = 2 }) => ({
    name,
    bayesian,
    runs: Array.from({ length: runs }, (_, seed) =>
      madeUpRun(`${name}-${seed}`, n, behaviour, { noise: noise + seed, seed }),
    ),
  }));
  const reported = compared.map(({ name, bayesian, runs }, at): ReportGroup => {
    const run = ({ name: own, seed, predicted }: (typeof runs)[number]): ReportRun => ({
      name: own,
      seed,
      samples: bayesian ? 10 : 1,
      scores: imageScores(predicted),
      metrics: [1, 2, 3].map((epoch) =>
        madeUpRow(epoch, bayesian ? { train_kl: 50, test_nll: 1 + seed } : {}),
      ),
      posterior: bayesian
        ? [1, 2, 3].flatMap((epoch) => LAYERS.map((layer) => madeUpPosterior(epoch, layer)))
        : [],
      sigmas: bayesian
        ? LAYERS.map((layer) => ({
            layer,
            counts: Array.from({ length: SIGMA_BINS.count }, (_, i) => (i === 20 ? 10 : 0)),
          }))
        : [],
      notes: groups[at].notes ?? '',
      warnings: [],
      environment: [['seed', String(seed)]],
      evaluation: groups[at].evaluated ? madeUpEvaluation(bayesian ? 3 : 1, seed) : null,
    });
    return { name, bayesian, runs: runs.map(run) };
  });
  const options = { resamples: 200, seed: 0 };
  return {
    groups: reported,
    comparison: {
      ...compareGroups(compared, options),
      settings: [],
      environment: [],
      warnings: [],
      ...options,
    },
    withoutImages: false,
    version: '1.2.3',
  };
}
