import { createRequire } from 'node:module';
import type { SingleBar } from 'cli-progress';
import type { OutputStream } from './io.js';

const require = createRequire(import.meta.url);
/** Loaded with the first bar: where there is no terminal, there is none. */
const cliProgress = () => require('cli-progress') as typeof import('cli-progress');

/** One progress bar at a time at the bottom of a terminal. */
export class Bar {
  private bar: SingleBar | undefined;
  private label = '';

  constructor(private readonly stream: OutputStream) {}

  /**
   * Draws `label` at done / total; another label replaces the bar. A full bar vanishes.
   * @param details the most important first: those that do not fit the terminal's width are left out
   */
  draw(label: string, done: number, total: number, details: readonly string[]): void {
    const full = done >= total;
    if (full || this.label !== label) this.stop();
    if (full) return;
    const width = this.stream.columns ?? 80;
    const size = barSize(width);
    // Besides the bar: blanks, and a share such as 100 %.
    const payload = {
      label,
      detail: fitting(details, width - label.length - size - ' '.length * 4 - '100 %'.length),
    };
    if (this.bar === undefined) {
      this.bar = newBar(this.stream, size);
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

/** On a narrow terminal figures say more than a bar. */
function barSize(width: number): number {
  if (width < 60) return 0;
  return width < 140 ? 10 : 24;
}

/** As many of the details as fit, two blanks between them. */
function fitting(details: readonly string[], room: number): string {
  let text = '';
  for (const detail of details) {
    const longer = text === '' ? detail : `${text}  ${detail}`;
    if (longer.length >= room) break;
    text = longer;
  }
  return text;
}

function newBar(stream: OutputStream, size: number): SingleBar {
  const { SingleBar } = cliProgress();
  return new SingleBar({
    stream,
    format: size === 0 ? '{label} {percentage} %  {detail}' : '{label} {bar} {percentage} %  {detail}',
    barsize: size,
    barCompleteChar: '=',
    barIncompleteChar: '-',
    fps: 8,
    clearOnComplete: true,
    // The command line has its own signal handling and its own ending.
    gracefulExit: false,
    hideCursor: null,
  });
}
