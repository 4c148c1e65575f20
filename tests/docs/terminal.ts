import { Writable } from 'node:stream';
import type { Io } from '../../src/cli/io.js';

/** Appends what it is given to a text that it shares with another stream. */
class Shared extends Writable {
  constructor(
    private readonly append: (text: string) => void,
    readonly columns?: number,
  ) {
    super();
  }

  get isTTY(): boolean {
    return this.columns !== undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.append(chunk.toString());
    done();
  }
}

const PROGRESS = /^(decoding: |evaluating: |epoch \d+\/\d+, step )/;

/** A terminal of 120 columns without colours, whose progress bars have come and gone. */
export class Terminal implements Io {
  /** All that it shows, in order. */
  text = '';
  private readonly append = (text: string): void => {
    if (!PROGRESS.test(text)) this.text += text;
  };
  readonly stdout = new Shared(this.append, 120);
  readonly stderr = new Shared(this.append);
  readonly env = { NO_COLOR: '1', npm_command: 'exec' };

  onSignal(): () => void {
    return () => undefined;
  }

  exit(): void {
    throw new Error('the program ended its process');
  }
}
