/** When a run keeps a checkpoint inside an epoch; null: not by this measure. */
export interface CheckpointInterval {
  readonly everySteps: number | null;
  readonly everySeconds: number | null;
}

/** Says when the next checkpoint inside an epoch is due. When it is taken changes no result. */
export class CheckpointClock {
  private last = performance.now();

  constructor(private readonly interval: CheckpointInterval) {}

  /** Whether one belongs behind this step, counted from 1. */
  dueAfter(step: number): boolean {
    const { everySteps } = this.interval;
    return everySteps !== null && step % everySteps === 0;
  }

  /** Whether the last one is too long ago. */
  get overdue(): boolean {
    const { everySeconds } = this.interval;
    return everySeconds !== null && performance.now() - this.last >= 1000 * everySeconds;
  }

  /** A checkpoint was written, of this kind or at an epoch's end. */
  restart(): void {
    this.last = performance.now();
  }
}
