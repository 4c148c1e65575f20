import type { MeanSd } from './comparison.js';

/** How a value is written: a share in per cent, a figure with four digits, a count or seconds. */
export type ValueKind = 'share' | 'figure' | 'count' | 'seconds';

export const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A value for people, without its unit. */
export function shown(value: number, kind: ValueKind): string {
  if (kind === 'share') return (100 * value).toFixed(2);
  if (kind === 'figure') return value.toFixed(4);
  return kind === 'seconds' ? value.toFixed(1) : WHOLE.format(value);
}

/** `64.67 ± 0.21`; without ± for a single run, or where a count is the same in all. */
export function meanSd(value: MeanSd | undefined, kind: ValueKind): string {
  if (value === undefined || value.mean === null) return 'not known';
  const sd = value.sd === null || (kind === 'count' && value.sd === 0) ? '' : ` ± ${shown(value.sd, kind)}`;
  return shown(value.mean, kind) + sd;
}
