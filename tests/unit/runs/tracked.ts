import { SNR_BINS } from '../../../src/metrics/index.js';
import { createRunFolder, type Environment, type RunFolder } from '../../../src/results/index.js';
import type { MetricsRow } from '../../../src/train/row.js';

/** A row of a made-up run with 10 steps and 2 seconds an epoch. */
export function madeUpRow(epoch: number, given: Partial<MetricsRow> = {}): MetricsRow {
  return {
    epoch,
    step: 10 * epoch,
    seconds: 2,
    images_per_second: 500,
    learning_rate: 0.1,
    train_loss: 2 / epoch,
    train_nll: 1.5 / epoch,
    train_kl: 100,
    kl_weight: 1,
    train_accuracy: 1 - 0.5 / epoch,
    test_loss: 2.2 / epoch,
    test_nll: 1.75 / epoch,
    test_accuracy: 1 - 0.75 / epoch,
    predictive_entropy: 1 / epoch,
    expected_entropy: 0.75 / epoch,
    mutual_information: 0.25 / epoch,
    ece: 0.125 / epoch,
    brier: 0.5 / epoch,
    samples: 10,
    eval_seconds: 1,
    validation_nll: null,
    validation_accuracy: null,
    ...given,
  };
}

/** Adds an epoch with its printed losses and one Bayesian layer. */
export async function addEpoch(folder: RunFolder, epoch: number): Promise<void> {
  for (const batch of [5, 10]) await folder.appendLoss({ epoch, batch, loss: 2 / (epoch + batch / 10) });
  await folder.appendMetrics(madeUpRow(epoch));
  const ratios = { median_snr: epoch, p95_snr: 3 * epoch, snr_histogram: new Array(SNR_BINS.count).fill(19) };
  const layer = { layer: 'conv1', weights: 456, kl: 100, mean_sigma: 0.05 };
  await folder.appendPosterior([{ epoch, ...layer, ...ratios }]);
}

/** A made-up running run without an epoch. */
export async function madeUpFolder(out: string, name: string): Promise<RunFolder> {
  const folder = await createRunFolder(out, name);
  await folder.writeConfig({
    name,
    notes: 'A run\nof the tests',
    seed: 0,
    model: { architecture: 'lenet', bayesian: 'conv' },
    train: { epochs: 3, batchSize: 100 },
  });
  const engine = { name: 'simd', why: 'asked for', threads: 2, relaxed: false };
  const started = { started_at: '2026-01-02T03:04:05.000Z', commit: null, version: '0.1.0' };
  await folder.writeEnvironment({ ...started, engine } as Environment);
  return folder;
}
