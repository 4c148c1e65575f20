import type { Edge } from './edges.js';
import { type Planes, SIDE } from './planes.js';

/** The value at a place between pixels, linearly. @param plane where the plane begins */
export function interpolated(x: Planes, plane: number, row: number, column: number, edge: Edge): number {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [down, right] = [row - top, column - left];
  const [upper, lower] = [plane + edge(top) * SIDE, plane + edge(top + 1) * SIDE];
  const [near, far] = [edge(left), edge(left + 1)];
  const above = x[upper + near] * (1 - right) + x[upper + far] * right;
  const below = x[lower + near] * (1 - right) + x[lower + far] * right;
  return above * (1 - down) + below * down;
}
