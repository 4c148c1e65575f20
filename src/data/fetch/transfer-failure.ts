import { redact } from './urls.js';

/** `again`: the same host may do better; `final`: it will not. */
export type Remedy = 'again' | 'final';

/** One failed try to get a file from one host; the message reads as what was got. */
export class TransferFailure extends Error {
  override readonly name = 'TransferFailure';

  /** Milliseconds that the host asks to be left alone for; 0: it did not say. */
  readonly pause: number;

  constructor(
    message: string,
    readonly remedy: Remedy,
    { pause = 0, ...options }: ErrorOptions & { pause?: number } = {},
  ) {
    super(message, options);
    this.pause = pause;
  }

  /** Wraps what undici or a socket threw; the text never holds credentials. */
  static from(error: unknown): TransferFailure {
    if (error instanceof TransferFailure) return error;
    return new TransferFailure(redact(describe(error)), 'again', { cause: error });
  }
}

/** An AggregateError (several addresses of one host) has an empty message: its first error tells more. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  const { message, code } = error as NodeJS.ErrnoException;
  if (!message) return String(code ?? error);
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}
