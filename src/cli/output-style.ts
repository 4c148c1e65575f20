import type { Io, OutputStream } from './io.js';

const CODES = { bold: 1, dim: 2, red: 31, yellow: 33 } as const;
const OFF = '\u001b[0m';

/** Whether a stream may be drawn on: a terminal that is not `dumb`, and nobody asked for plain text. */
export function isTerminal(io: Io, stream: OutputStream): boolean {
  return !io.plain && stream.isTTY === true && io.env.TERM !== 'dumb';
}

/**
 * Whether a stream is coloured: a terminal, unless NO_COLOR is set (no-color.org); any stream where FORCE_COLOR is set
 * (force-color.org), which wins, as in Node; 0 and false are no.
 */
export function hasColour(io: Io, stream: OutputStream): boolean {
  const force = io.env.FORCE_COLOR;
  if (io.plain) return false;
  if (force) return force !== '0' && force !== 'false';
  return isTerminal(io, stream) && !io.env.NO_COLOR;
}

/** Styles `text` where the stream is coloured. */
export function styled(io: Io, stream: OutputStream, style: keyof typeof CODES, text: string): string {
  return hasColour(io, stream) ? `\u001b[${CODES[style]}m${text}${OFF}` : text;
}

/** Characters a line has room for on a terminal; undefined elsewhere, where lines are not broken. */
export function widthOf(io: Io, stream: OutputStream): number | undefined {
  return isTerminal(io, stream) ? (stream.columns ?? 80) : undefined;
}
