import { SingleBar } from 'cli-progress';
import type { OutputStream } from './io.js';

/** One progress bar at a time at the bottom of a terminal. */
export class Bar {
  private bar: SingleBar | undefined;
  private label = '';

  constructor(private readonly stream: OutputStream) {}

  /** Draws `label` at done / total; another label replaces the bar. A full bar vanishes. */
  draw(label: string, done: number, total: number, detail: string): void {
    const full = done >= total;
    if (full || this.label !== label) this.stop();
    if (full) return;
    const payload = { label, detail };
    if (this.bar === undefined) {
      this.bar = newBar(this.stream);
      this.label = label;
      this.bar.start(total, done, payload);
    } else {
      this.bar.setTotal(total);
      this.bar.update(done, payload);
    }
  }

  /**
   * Removes the bar and its timer. Call it before any text is printed: the bar remembers where
   * it started and would wipe a line of that text instead. The next `draw` starts a new one.
   */
  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

function newBar(stream: OutputStream): SingleBar {
  return new SingleBar({
    stream,
    format: '{label} {bar} {percentage} %  {detail}',
    barsize: 24,
    barCompleteChar: '=',
    barIncompleteChar: '-',
    fps: 8,
    clearOnComplete: true,
    // The command line has its own signal handling and its own ending.
    gracefulExit: false,
    hideCursor: null,
  });
}
