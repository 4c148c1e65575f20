/** Whether a point is inside a figure; (u, v) run over [-1, 1] across it, v downwards. */
type Shape = (u: number, v: number) => boolean;

const inSquare = (u: number, v: number): boolean => Math.max(Math.abs(u), Math.abs(v)) < 0.9;
const odd = (x: number): boolean => Math.floor(x + 16) % 2 === 1;

/**
 * One figure a class, under the names that the archive gives them. Only + - * / and comparisons: exact
 * everywhere.
 */
export const SHAPES: readonly (readonly [name: string, inside: Shape])[] = [
  ['disk', (u, v) => u * u + v * v < 1],
  ['ring', (u, v) => u * u + v * v < 1 && u * u + v * v > 0.4],
  ['square', inSquare],
  ['plus', (u, v) => Math.min(Math.abs(u), Math.abs(v)) < 0.3 && inSquare(u, v)],
  ['saltire', (u, v) => Math.min(Math.abs(u - v), Math.abs(u + v)) < 0.4 && inSquare(u, v)],
  ['triangle', (u, v) => v < 0.9 && v > -0.9 && Math.abs(u) < 0.55 * (v + 0.9)],
  ['rows', (u, v) => inSquare(u, v) && odd(v * 2.8)],
  ['columns', (u, v) => inSquare(u, v) && odd(u * 2.8)],
  ['checker', (u, v) => inSquare(u, v) && odd(u * 2.2) !== odd(v * 2.2)],
  ['slope', (u, v) => inSquare(u, v) && odd((u + v) * 2)],
];
