import type { PosteriorRow } from '../../train/posterior-row.js';
import type { LossPrint, MetricsRow } from '../../train/row.js';

/** What trackers are told at one moment of a run. */
export interface Moment {
  /** Seconds since 1970. */
  readonly at: number;
  /** The epoch; of printed losses the optimizer step. */
  readonly step: number;
  /** By column of metrics.csv; `printed_loss`; `posterior/<layer>/<column>`. Always finite. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Weights of each Bayesian layer in each of `SNR_BINS`. */
  readonly snr: readonly { readonly layer: string; readonly counts: readonly number[] }[];
}

/** The rows of a run, from which its history is told. */
export interface RunRows {
  readonly startedAt: Date;
  readonly metrics: readonly MetricsRow[];
  readonly losses: readonly LossPrint[];
  readonly posterior: readonly PosteriorRow[];
}

const LAYER_COLUMNS = ['kl', 'mean_sigma', 'median_snr', 'p95_snr'] as const;

/**
 * All that a run has measured, in the order of time. Run folders keep no clock: moments are the start plus the measured
 * seconds of training and evaluation. A longer history of the same run begins with the shorter one, times inside the
 * epoch that was under way aside.
 */
export function history({ startedAt, metrics, losses, posterior }: RunRows): Moment[] {
  const moments: Moment[] = [];
  const steps = metrics.length === 0 ? 0 : metrics[0].step / metrics[0].epoch;
  let at = startedAt.getTime() / 1000;
  for (const row of metrics) {
    const printed = losses.filter(({ epoch }) => epoch === row.epoch);
    moments.push(...printed.map((print) => printedMoment(print, steps, at, row.seconds)));
    at += row.seconds + (row.eval_seconds ?? 0);
    moments.push(
      epochMoment(
        row,
        posterior.filter(({ epoch }) => epoch === row.epoch),
        at,
      ),
    );
  }
  const done = metrics.at(-1)?.epoch ?? 0;
  const now = losses.filter(({ epoch }) => epoch > done);
  const seconds = metrics.at(-1)?.seconds ?? 0;
  return [...moments, ...now.map((print) => printedMoment(print, steps, at, seconds))];
}

function epochMoment(row: MetricsRow, layers: readonly PosteriorRow[], at: number): Moment {
  const { epoch, ...columns } = row;
  const ofLayers = layers.flatMap((layer) =>
    LAYER_COLUMNS.map((column): [string, number] => [`posterior/${layer.layer}/${column}`, layer[column]]),
  );
  const measured = Object.entries(columns).filter((entry): entry is [string, number] => entry[1] !== null);
  return {
    at,
    step: epoch,
    scalars: Object.fromEntries([...measured, ...ofLayers]),
    snr: layers.map(({ layer, snr_histogram }) => ({ layer, counts: snr_histogram })),
  };
}

/** @param steps of an epoch; 0 where none has ended: the first one's batches are its steps */
function printedMoment(
  { epoch, batch, loss }: LossPrint,
  steps: number,
  from: number,
  seconds: number,
): Moment {
  const share = steps === 0 ? 0 : batch / steps;
  return {
    at: from + share * seconds,
    step: (epoch - 1) * steps + batch,
    scalars: { printed_loss: loss },
    snr: [],
  };
}
