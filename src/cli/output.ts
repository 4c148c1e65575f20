import type { TrainProgress, TrainReporter } from '../train/reporter.js';
import type { LossPrint, MetricsRow } from '../train/row.js';
import { asTyped } from './as-typed.js';
import type { Io, OutputStream } from './io.js';
import { Bar } from './output-bar.js';
import { EpochTable, epochLine } from './output-epochs.js';
import { bytes, duration, percent, printable, whole, wrapped } from './output-format.js';
import { Milestones, Throttle } from './output-milestones.js';
import { isTerminal, styled, widthOf } from './output-style.js';

export interface OutputOptions {
  /** One JSON document on stdout, everything else on stderr. */
  json?: boolean;
  /** Warnings and the result alone. */
  quiet?: boolean;
  /** Milliseconds; for tests. */
  now?: () => number;
}

const DOWNLOAD_SHARE = 0.1;
const DECODE_SHARE = 0.25;
const UNKNOWN_SIZE_STEP = 16 * 2 ** 20;
const HEARTBEAT_SECONDS = 30;

/**
 * Everything that a command says. Results go to stdout; notes, warnings and progress to
 * stderr: bars on a terminal, a few plain lines elsewhere. Train progress and data events
 * (`DataEvents` of src/data) can be given an Output as it is.
 */
export class Output implements TrainReporter {
  private readonly now: () => number;
  private readonly json: boolean;
  private readonly quiet: boolean;
  private readonly bar: Bar | undefined;
  private readonly heartbeat: Throttle;
  private download = new Milestones(DOWNLOAD_SHARE);
  private decode = new Milestones(DECODE_SHARE);
  private downloadStart: number | undefined;
  private epochs: number | undefined;
  /** Mean predictive entropy of the last evaluation, nats. */
  private entropy: number | undefined;
  private readonly table = new EpochTable();

  constructor(
    private readonly io: Io,
    options: OutputOptions = {},
  ) {
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
    this.now = options.now ?? (() => performance.now());
    this.heartbeat = new Throttle(HEARTBEAT_SECONDS, this.now);
    if (!this.quiet && isTerminal(io, io.stderr)) this.bar = new Bar(io.stderr);
  }

  /** What the user may want to know, e.g. which engine runs and why. */
  note(message: string): void {
    if (!this.quiet) this.toStderr(message, 'dim');
  }

  /** What the user must see, whatever the mode. */
  warn(message: string): void {
    this.toStderr(`warning: ${message}`, 'yellow', 'warning:');
  }

  /** Characters that a line of the result has room for; undefined where lines are not broken. */
  get width(): number | undefined {
    return widthOf(this.io, this.io.stdout);
  }

  /** A text as it can be shown: its commands can be typed, its lines fit, nothing in it steers the terminal. */
  fitted(text: string): string {
    return wrapped(asTyped(this.io, printable(text)), this.width);
  }

  /** The command's result: the document under --json, else its text. Call it once. */
  result(document: unknown, text: string): void {
    this.drawing(document, this.fitted(text));
  }

  /** As `result`, for a text of this program's own that may have colours. */
  drawing(document: unknown, text: string): void {
    this.bar?.stop();
    const shown = this.table.open ? `\n${text}` : text;
    this.io.stdout.write(this.json ? `${JSON.stringify(document, null, 2)}\n` : `${shown}\n`);
  }

  /** A line of the result as it comes; under --json the document repeats it, so it goes to stderr. */
  line(text: string): void {
    this.table.interrupt();
    this.writeLine(text);
  }

  private writeLine(text: string): void {
    if (this.quiet) return;
    this.bar?.stop();
    const stream = this.lineStream;
    stream.write(`${wrapped(printable(text), widthOf(this.io, stream))}\n`);
  }

  private get lineStream(): OutputStream {
    return this.json ? this.io.stderr : this.io.stdout;
  }

  /** Removes bars; call it however the command ends. */
  close(): void {
    this.bar?.stop();
  }

  progress(state: TrainProgress): void {
    this.epochs = state.epochs;
    if (this.quiet) return;
    const label = `epoch ${state.epoch}/${state.epochs}`;
    const details = progressDetails(state, this.entropy);
    if (this.bar) this.bar.draw(label, state.step, state.steps, details);
    else if (this.heartbeat.ready())
      this.toStderr(`${label}, step ${state.step}/${state.steps}: ${details.join('  ')}`);
  }

  /** The notebook's line, digit for digit: `[1,  2000] loss: 2.197`. */
  lossPrint(print: LossPrint): void {
    this.heartbeat.reset();
    this.line(`[${print.epoch}, ${String(print.batch).padStart(5)}] loss: ${print.loss.toFixed(3)}`);
  }

  evaluating(done: number, total: number): void {
    if (this.quiet) return;
    const detail = `${whole(done)}/${whole(total)}`;
    if (this.bar) this.bar.draw('evaluating', done, total, [detail]);
    else if (done < total && this.heartbeat.ready()) this.toStderr(`evaluating: ${detail}`);
  }

  epoch(row: MetricsRow): void {
    this.heartbeat.reset();
    this.entropy = row.predictive_entropy ?? this.entropy;
    const width = widthOf(this.io, this.lineStream);
    this.writeLine(
      width === undefined ? epochLine(row, this.epochs) : this.table.text(row, this.epochs, width),
    );
  }

  readonly onDownload = (done: number, total: number | null): void => {
    this.downloadStart ??= this.now();
    if (this.quiet) return;
    const seconds = (this.now() - this.downloadStart) / 1000;
    const rate = seconds > 0 ? `${bytes(Math.round(done / seconds))}/s` : '';
    const detail = `${bytes(done)}${total === null ? '' : ` of ${bytes(total)}`}  ${rate}`.trimEnd();
    // A bar needs to know the whole.
    if (this.bar && total !== null) this.bar.draw('downloading', done, total, [detail]);
    else if (this.passedDownload(done, total)) this.toStderr(`downloading: ${detail}`);
    if (done === total) this.endDownload();
  };

  readonly onDecode = (done: number, total: number): void => {
    if (this.quiet) return;
    if (this.bar) this.bar.draw('decoding', done, total, []);
    else if (this.decode.passed(done / total)) this.toStderr(`decoding: ${percent(done / total, 0)}`);
    if (done === total) this.decode = new Milestones(DECODE_SHARE);
  };

  readonly onNote = (message: string): void => this.note(message);

  private passedDownload(done: number, total: number | null): boolean {
    if (total !== null) return this.download.passed(done / total);
    return this.download.passed((done / UNKNOWN_SIZE_STEP) * DOWNLOAD_SHARE);
  }

  private endDownload(): void {
    this.downloadStart = undefined;
    this.download = new Milestones(DOWNLOAD_SHARE);
  }

  /** Writes a text, of which `part`, or all, is styled. */
  private toStderr(text: string, style?: 'dim' | 'yellow', part?: string): void {
    this.bar?.stop();
    this.table.interrupt();
    const { stderr } = this.io;
    const whole = wrapped(printable(text), widthOf(this.io, stderr));
    const styledText =
      style === undefined
        ? whole
        : whole.replace(part ?? whole, (found) => styled(this.io, stderr, style, found));
    stderr.write(`${styledText}\n`);
  }
}

/** What a bar tells of training, the most important first. Entropy is that of the last evaluation. */
function progressDetails(state: TrainProgress, entropy: number | undefined): string[] {
  return [
    `loss ${state.loss.toFixed(3)}`,
    `${duration(state.etaSeconds)} left`,
    `accuracy ${percent(state.accuracy, 1)}`,
    `${whole(state.imagesPerSecond)} images/s`,
    ...(state.kl === 0 ? [] : [`KL ${whole(state.kl)}`]),
    ...(entropy === undefined ? [] : [`entropy ${entropy.toFixed(3)}`]),
  ];
}
