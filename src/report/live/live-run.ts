import type { MetricsRow } from '../../train/row.js';
import type { ReportGroup } from '../report-input.js';

/** `ended` has a summary; `running` is trained in; `stopped` is neither; `damaged` cannot be read. */
export type LiveState = 'running' | 'ended' | 'stopped' | 'damaged';

/** A run as the live page shows it. */
export interface LiveRun {
  /** What the page calls it, and its address: unlike that of any other. */
  readonly name: string;
  readonly state: LiveState;
  /** Whether it is drawn. */
  readonly shown: boolean;
  /** How far it is, in words. */
  readonly progress: string;
  /** Epochs that are done, of all. */
  readonly epoch: number;
  readonly epochs: number;
  /** The last epoch that was evaluated. */
  readonly latest: MetricsRow | undefined;
  readonly warnings: readonly string[];
  /** The run as a group of its own; without predictions its scores are empty. */
  readonly group: ReportGroup;
  /** Printed losses by optimizer step. */
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
}
