import type { Io, OutputStream } from './io.js';

const CODES = { bold: 1, dim: 2, red: 31, yellow: 33 } as const;
const OFF = '\u001b[0m';

/** Whether a stream takes cursor movement: a terminal that is not `dumb`. */
export function isTerminal(stream: OutputStream, env: Io['env']): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Colours `text` on a terminal, unless NO_COLOR is set (no-color.org: to anything but the empty string). */
export function styled(io: Io, stream: OutputStream, style: keyof typeof CODES, text: string): string {
  if (!isTerminal(stream, io.env) || io.env.NO_COLOR) return text;
  return `\u001b[${CODES[style]}m${text}${OFF}`;
}
