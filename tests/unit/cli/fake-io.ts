import { Writable } from 'node:stream';
import type { Io } from '../../../src/cli/io.js';

/** A stream that remembers what was written. */
class Memory extends Writable {
  text = '';

  constructor(
    readonly isTTY: boolean,
    readonly columns?: number,
  ) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A process for tests: what was written, which signals it gets, how it was ended. */
export class FakeIo implements Io {
  readonly stdout: Memory;
  readonly stderr: Memory;
  readonly exits: number[] = [];
  private handlers: ((name: string) => void)[] = [];

  constructor(
    readonly env: Record<string, string> = {},
    tty = false,
    columns?: number,
    readonly plain = false,
  ) {
    this.stdout = new Memory(tty, columns);
    this.stderr = new Memory(tty, columns);
  }

  onSignal(handle: (name: string) => void): () => void {
    this.handlers.push(handle);
    return () => {
      this.handlers = this.handlers.filter((other) => other !== handle);
    };
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  send(name: string): void {
    for (const handle of this.handlers) handle(name);
  }

  get listeners(): number {
    return this.handlers.length;
  }

  get out(): string {
    return this.stdout.text;
  }

  get err(): string {
    return this.stderr.text;
  }
}
