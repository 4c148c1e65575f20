import { SNR_BINS } from '../../metrics/index.js';
import type { MetricsRow } from '../../train/row.js';
import { type SummaryValue, summaryEvent, versionEvent } from './event.js';
import type { Moment } from './history.js';
import { tfrecord } from './tfrecord.js';

/** The group that TensorBoard shows a column in. */
const GROUPS: Record<Exclude<keyof MetricsRow, 'epoch'> | 'printed_loss', string> = {
  step: 'train',
  seconds: 'speed',
  images_per_second: 'speed',
  learning_rate: 'train',
  train_loss: 'train',
  train_nll: 'train',
  train_kl: 'train',
  kl_weight: 'train',
  train_accuracy: 'train',
  test_loss: 'test',
  test_nll: 'test',
  test_accuracy: 'test',
  predictive_entropy: 'test',
  expected_entropy: 'test',
  mutual_information: 'test',
  ece: 'test',
  brier: 'test',
  samples: 'test',
  eval_seconds: 'speed',
  validation_nll: 'validation',
  validation_accuracy: 'validation',
  printed_loss: 'train',
};

/** A scalar's name in TensorBoard: `train_loss` is `train/loss`; those with a group of their own stay. */
function tagOf(key: string): string {
  if (key.includes('/')) return key;
  return `${GROUPS[key as keyof typeof GROUPS]}/${key.replace(/^(train|test|validation)_/, '')}`;
}

/**
 * The content of an event file.
 * @param texts Markdown by tag
 */
export function eventFile(
  startedAt: Date,
  moments: readonly Moment[],
  texts: Readonly<Record<string, string>>,
): Uint8Array {
  const start = startedAt.getTime() / 1000;
  const described = Object.entries(texts).map(([tag, value]) => ({ tag, value }));
  const events = [
    versionEvent(start),
    summaryEvent({ at: start, step: 0, values: described }),
    ...moments.map(({ at, step, ...moment }) => summaryEvent({ at, step, values: valuesOf(moment) })),
  ];
  return Buffer.concat(events.map(tfrecord));
}

function valuesOf({ scalars, snr }: Pick<Moment, 'scalars' | 'snr'>): SummaryValue[] {
  const { low, high } = SNR_BINS;
  return [
    ...Object.entries(scalars).map(([key, value]) => ({ tag: tagOf(key), value })),
    ...snr.map(({ layer, counts }) => ({ tag: `log10_snr/${layer}`, value: { low, high, counts } })),
  ];
}
