import { holdsCommand } from './as-typed.js';

let wholeNumbers: Intl.NumberFormat | undefined;

/** `12,345`. */
export function whole(value: number): string {
  // Made with the first number: it takes 20 ms, and a command starts without one.
  wholeNumbers ??= new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  return wholeNumbers.format(value);
}

/** `54.2 %` of a share in [0, 1]. */
export function percent(share: number, digits = 2): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** Bytes in binary units: `162.2 MiB`. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds as `8.3 s`, `2 min 05 s` or `1 h 07 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const total = Math.round(seconds);
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes} min ${pad(total % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** Control characters made visible: names out of archives and files must not steer a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    if (character === '\n' || character === '\t') return character;
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** Rows of [name, value] with the values in one column; further lines of a value stand below its first. */
export function columns(rows: readonly (readonly [string, string])[], indent = ''): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  const below = `\n${indent}${' '.repeat(width)}  `;
  return rows
    .map(([name, value]) => `${indent}${name.padEnd(width)}  ${value.replaceAll('\n', below)}`)
    .join('\n');
}

/** A name, a gap and a value without gaps, as `columns` makes them. */
const NAMED_VALUE = /^( *[^ ]+(?: [^ ]+)* {2,})[^ ]+(?: [^ ]+)*$/;
/** Narrower than this a value is no longer broken to stay in its column. */
const NARROWEST_VALUE = 24;

/**
 * A text whose lines are broken at blanks, to lines of `width`; unchanged without a width. What follows is indented by two
 * more blanks, or stands below the value of a name. Rows of tables stay as they are, and so do lines that
 * tell a command: broken ones could not be copied.
 */
export function wrapped(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  return text
    .split('\n')
    .map((line) => (line.length <= width || holdsCommand(line) ? line : brokenLine(line, width)))
    .join('\n');
}

function brokenLine(line: string, width: number): string {
  const start = /^ */.exec(line)?.[0].length ?? 0;
  const value = NAMED_VALUE.exec(line)?.[1].length;
  if (value === undefined && /[^ ] {2,}[^ ]/.test(line)) return line;
  const indent = value !== undefined && width - value >= NARROWEST_VALUE ? value : start + 2;
  const lines = [''];
  for (const word of piecesOf(line, width)) {
    const last = lines[lines.length - 1];
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${' '.repeat(indent)}${word}`);
  }
  return lines.join('\n');
}

/** Where a line may be broken: behind the commas of a list of short parts, else at any blank. */
function piecesOf(line: string, width: number): string[] {
  const parts = line.split(/(?<=,) /);
  if (parts.length > 2 && parts.every((part) => part.length < width * 0.7)) return parts;
  return line.split(/(?<=[^ ]) (?=[^ ])/);
}
