import { inspect } from 'node:util';
import { BayescnnError, ExitCode } from '../errors.js';
import { asTyped } from './as-typed.js';
import type { Io } from './io.js';
import { printable, wrapped } from './output-format.js';
import { styled, widthOf } from './output-style.js';

interface Report {
  message: string;
  hint: string | undefined;
  exitCode: ExitCode;
}

/**
 * Prints one message about a failed command on stderr, `bayescnn: error: ...` and a
 * `try:` line; a stack only where BAYESCNN_DEBUG=1.
 * @returns the exit code
 */
export function reportError(io: Io, error: unknown): ExitCode {
  const { message, hint, exitCode } = describe(error);
  io.stderr.write(errorText(io, message, hint));
  if (io.env.BAYESCNN_DEBUG === '1') io.stderr.write(`${inspect(error)}\n`);
  return exitCode;
}

/** An error as the terminal has room for it. */
export function errorText(io: Io, message: string, hint?: string): string {
  const lines = [
    `bayescnn: error: ${message}`,
    ...(hint === undefined ? [] : [`  try: ${asTyped(io, hint)}`]),
  ];
  const text = wrapped(printable(lines.join('\n')), widthOf(io, io.stderr));
  return `${text.replace('error:', styled(io, io.stderr, 'red', 'error:'))}\n`;
}

function describe(error: unknown): Report {
  if (error instanceof BayescnnError) return error;
  if (!(error instanceof Error)) return unexpected(String(error));
  if (error.name === 'AbortError') {
    return { message: 'interrupted', hint: undefined, exitCode: ExitCode.interrupted };
  }
  if (isSystemError(error)) {
    const hint = 'check the path, its permissions and the space left on the disk';
    return { message: error.message, hint, exitCode: ExitCode.failure };
  }
  return unexpected(error.message);
}

function unexpected(message: string): Report {
  const hint = 'BAYESCNN_DEBUG=1 shows where; please report it with the command and `bayescnn doctor`';
  return { message: `unexpected: ${message}`, hint, exitCode: ExitCode.failure };
}

/** Whether the operating system refused a call on a file. */
function isSystemError(error: NodeJS.ErrnoException): boolean {
  return error.syscall !== undefined && error.path !== undefined;
}
