import { EpochSums, type EpochSumsState } from './epoch-sums.js';

/** Where a run stands inside an epoch; with weights, optimizer and step, all that going on from there needs. */
export interface EpochProgress {
  /** The epoch under way, from 1. */
  readonly epoch: number;
  /** Its training seconds so far. */
  seconds: number;
  readonly sums: EpochSumsState;
  /** The losses since the last printed one. */
  readonly printed: { sum: number; batches: number };
}

/** The same while the epoch runs. */
export interface RunningEpoch extends EpochProgress {
  readonly sums: EpochSums;
}

/** An epoch's beginning, or the place where it goes on. */
export function beginEpoch(epoch: number, from?: EpochProgress): RunningEpoch {
  if (from?.epoch !== epoch)
    return { epoch, seconds: 0, sums: new EpochSums(), printed: { sum: 0, batches: 0 } };
  return { epoch, seconds: from.seconds, sums: new EpochSums(from.sums), printed: { ...from.printed } };
}
