import { SIDE } from './planes.js';

/** What stands in for a place outside of a row: the rule that a library's border mode names. */
export type Edge = (i: number) => number;

const modulo = (i: number, period: number): number => ((i % period) + period) % period;

/** ... 0 0 | 0 1 2 ...: the edge's own value. */
export const clamped: Edge = (i) => Math.min(SIDE - 1, Math.max(0, i));

/** ... 2 1 | 0 1 2 ...: OpenCV's BORDER_REFLECT_101, SciPy's `mirror`. */
export const mirrored: Edge = (i) => {
  const place = modulo(i, 2 * SIDE - 2);
  return place < SIDE ? place : 2 * SIDE - 2 - place;
};

/** ... 1 0 | 0 1 2 ...: SciPy's `reflect`. */
export const reflected: Edge = (i) => {
  const place = modulo(i, 2 * SIDE);
  return place < SIDE ? place : 2 * SIDE - 1 - place;
};
