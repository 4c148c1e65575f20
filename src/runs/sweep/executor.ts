import type { PlannedRun } from '../../config/index.js';
import type { SweepFolder } from './folder.js';

/** Told while runs are executed. */
export interface SweepEvents {
  onStart(name: string): void;
  onEnd(name: string, outcome: RunOutcome): void;
  /** Now and then, for whoever looks at the run folders meanwhile. */
  onTick?(): void;
  note(message: string): void;
}

/** How the last attempt at a run ended. */
export interface RunOutcome {
  readonly ended: 'done' | 'failed' | 'stopped';
  readonly attempts: number;
  /** Why it failed: exit code or state, and the last line of its log. */
  readonly reason?: string;
}

/** Brings runs to their end somewhere. Runs that fail do not end the others. */
export interface Executor {
  /** What it will do, for the plan: e.g. "2 at a time, 1 thread each". */
  readonly description: string;
  /** @throws BayescnnError 'interrupted' when the signal stopped it; 'failure' when nothing can be run there */
  execute(
    folder: SweepFolder,
    runs: readonly PlannedRun[],
    events: SweepEvents,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, RunOutcome>>;
}
