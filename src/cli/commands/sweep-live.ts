import cliProgress from 'cli-progress';
import type { PlannedRun } from '../../config/index.js';
import type { RunOutcome, SweepEvents } from '../../runs/sweep/executor.js';
import type { SweepFolder } from '../../runs/sweep/folder.js';
import { lastEpoch } from '../../runs/sweep/progress.js';
import type { OutputStream } from '../io.js';
import { duration, percent } from '../output-format.js';

type Bars = InstanceType<typeof cliProgress.MultiBar>;
type Bar = ReturnType<Bars['create']>;

/** What a sweep says while it runs: a bar for the whole and one for each running run, or a line for each that ends. */
export class SweepLive implements SweepEvents {
  private bars: Bars | undefined;
  private total: Bar | undefined;
  private readonly running = new Map<string, Bar | undefined>();
  private readonly epochs = new Map<string, number>();
  private readonly since = performance.now();
  private runs = 0;
  private reused = 0;
  private done = 0;
  private failed = 0;

  constructor(
    private readonly folder: SweepFolder,
    private readonly say: { line(text: string): void; note(text: string): void; warn(text: string): void },
    /** A terminal to draw bars on; undefined: lines. */
    private readonly terminal: OutputStream | undefined,
  ) {}

  readonly onPlan = (runs: readonly PlannedRun[], done: ReadonlySet<string>): void => {
    this.close();
    this.runs = runs.length;
    this.reused = done.size;
    this.done = done.size;
    for (const { name, epochs } of runs) this.epochs.set(name, epochs);
    if (done.size > 0) this.say.note(`${done.size} of ${runs.length} runs have ended before`);
  };

  onStart(name: string): void {
    const epochs = this.epochs.get(name) ?? 1;
    this.running.set(
      name,
      this.terminal && this.open(this.terminal).create(epochs, 0, { label: name, detail: '' }),
    );
  }

  onEnd(name: string, { ended, attempts, reason }: RunOutcome): void {
    const bar = this.running.get(name);
    if (bar) this.bars?.remove(bar);
    this.running.delete(name);
    if (ended === 'done') this.done++;
    if (ended === 'failed') this.failed++;
    this.tell(name, ended, attempts, reason);
    this.drawTotal();
  }

  onTick(): void {
    for (const [name, bar] of this.running) if (bar) void this.look(name, bar);
    this.drawTotal();
  }

  note(message: string): void {
    if (this.bars) this.bars.log(`${message}\n`);
    else this.say.note(message);
  }

  /** Removes the bars. */
  close(): void {
    this.bars?.stop();
    this.bars = undefined;
    this.total = undefined;
  }

  private tell(name: string, ended: RunOutcome['ended'], attempts: number, reason: string | undefined): void {
    const place = `${this.done + this.failed}/${this.runs}`;
    const again = attempts > 1 ? `, attempt ${attempts}` : '';
    if (ended === 'failed') {
      const text = `${name} failed${again}: ${reason}`;
      if (this.bars) this.bars.log(`warning: ${text}\n`);
      else this.say.warn(text);
    } else if (ended === 'done' && !this.bars) this.say.line(`${place} ${name}: done${again}${this.left()}`);
  }

  private async look(name: string, bar: Bar): Promise<void> {
    const row = await lastEpoch(this.folder, name).catch(() => undefined);
    if (row === undefined || this.running.get(name) !== bar) return;
    const accuracy = row.test_accuracy === null ? '' : `  test accuracy ${percent(row.test_accuracy)}`;
    bar.update(row.epoch, { detail: `epoch ${row.epoch}/${this.epochs.get(name)}${accuracy}` });
  }

  private drawTotal(): void {
    if (!this.terminal) return;
    const failed = this.failed > 0 ? `, ${this.failed} failed` : '';
    const detail = `${this.done} done${failed} of ${this.runs}${this.left()}`;
    this.total ??= this.open(this.terminal).create(this.runs, 0, { label: 'sweep', detail });
    this.total.update(this.done + this.failed, { detail });
  }

  /** What is left at the pace so far. */
  private left(): string {
    const now = this.done + this.failed - this.reused;
    const rest = this.runs - this.done - this.failed;
    if (now === 0 || rest === 0) return '';
    return `, about ${duration((((performance.now() - this.since) / 1000) * rest) / now)} left`;
  }

  private open(stream: OutputStream): Bars {
    this.bars ??= new cliProgress.MultiBar({
      stream,
      format: '{bar} {label}  {detail}',
      barsize: 16,
      barCompleteChar: '=',
      barIncompleteChar: '-',
      fps: 4,
      clearOnComplete: true,
      gracefulExit: false,
      hideCursor: null,
    });
    return this.bars;
  }
}
