/** Exit codes of the command line. */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  data: 3,
  engine: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Kinds of failure that a user can meet; each maps to one exit code. */
export type ErrorCode = 'failure' | 'usage' | 'config' | 'data' | 'engine' | 'interrupted';

const EXIT_OF: Record<ErrorCode, ExitCode> = {
  failure: ExitCode.failure,
  usage: ExitCode.usage,
  config: ExitCode.usage,
  data: ExitCode.data,
  engine: ExitCode.engine,
  interrupted: ExitCode.interrupted,
};

/**
 * The one error class whose message is meant for users.
 * Messages read `where: what, got X`; `hint` says what to try.
 */
export class BayescnnError extends Error {
  override readonly name = 'BayescnnError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): ExitCode {
    return EXIT_OF[this.code];
  }
}
