import type { Stream } from '../../rng.js';
import { type Edge, mirrored, reflected } from './edges.js';
import { smoothed } from './gauss.js';
import { interpolated } from './interpolate.js';
import { type Planes, planesOf, SIDE } from './planes.js';

/** Strengths of the elastic transformation, pixels. */
export interface Stretch {
  /** Displacements are `amount` times uniform noise on (-1, 1) under a Gaussian of `sigma`. */
  readonly amount: number;
  readonly sigma: number;
  /** How far each of three points moves at most, along each axis. */
  readonly shift: number;
}

type Point = readonly [x: number, y: number];
/** The three points that a random affine map moves. */
const ANCHORS: readonly Point[] = [
  [26, 26],
  [26, 6],
  [6, 6],
];
const CUT = 3;

/** A random affine map (three points move), then smooth random displacements (Simard et al. 2003). */
export function elasticTransform(x: Planes, { amount, sigma, shift }: Stretch, stream: Stream): Planes {
  const moved = ANCHORS.map(([u, v]): Point => [u + wobble(shift, stream), v + wobble(shift, stream)]);
  const source = affine(moved, ANCHORS);
  const mapped = sampled(x, mirrored, (row, column) => source(column, row));
  if (amount === 0) return mapped;
  const field = () =>
    smoothed(
      planesOf(() => wobble(1, stream), 1),
      sigma,
      CUT,
      reflected,
    );
  const [right, down] = [field(), field()];
  return sampled(mapped, reflected, (row, column) => {
    const at = row * SIDE + column;
    return [column + amount * right[at], row + amount * down[at]];
  });
}

const wobble = (most: number, stream: Stream): number => most * (2 * stream.uniform() - 1);

/** The affine map that takes three points to three others. */
function affine([a, b, c]: readonly Point[], [p, q, r]: readonly Point[]): (x: number, y: number) => Point {
  const [ux, uy, vx, vy] = [b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]];
  const area = ux * vy - uy * vx;
  return (x, y) => {
    const [dx, dy] = [x - a[0], y - a[1]];
    const [s, t] = [(dx * vy - dy * vx) / area, (ux * dy - uy * dx) / area];
    return [p[0] + s * (q[0] - p[0]) + t * (r[0] - p[0]), p[1] + s * (q[1] - p[1]) + t * (r[1] - p[1])];
  };
}

/** Each pixel by linear interpolation at the place `from` names for it. */
function sampled(x: Planes, edge: Edge, from: (row: number, column: number) => Point): Planes {
  return planesOf((plane, row, column) => {
    const [right, down] = from(row, column);
    return interpolated(x, plane, down, right, edge);
  });
}
