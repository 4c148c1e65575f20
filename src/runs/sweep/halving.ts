import type { Point } from '../../config/index.js';
import { mean } from '../../report/index.js';
import type { RunResult } from './results.js';

/** One round of a search. */
export interface Rung {
  /** Epochs of its runs; null: as the config says. */
  readonly epochs: number | null;
  /** The share of points that goes on; null for the last rung. */
  readonly keep: number | null;
}

/**
 * The points that go on: those with the lowest mean validation NLL over their seeds. A point with a run that failed
 * comes last, and never goes on while another can.
 * @returns in the order of `points`
 */
export function survivors(
  points: readonly Point[],
  runs: readonly { readonly point: string; readonly result: RunResult | null }[],
  { keep }: Rung,
): Point[] {
  const score = ({ label }: Point): number => {
    const own = runs.filter(({ point }) => point === label);
    return mean(own.map(({ result }) => result?.final.validation_nll ?? Number.POSITIVE_INFINITY));
  };
  const ranked = points
    .map((point) => ({ point, score: score(point) }))
    .sort((a, b) => a.score - b.score || 0);
  const count = Math.max(1, Math.floor(points.length * (keep ?? 1) + 1e-9));
  const chosen = new Set(ranked.slice(0, count).map(({ point }) => point));
  return points.filter((point) => chosen.has(point));
}
