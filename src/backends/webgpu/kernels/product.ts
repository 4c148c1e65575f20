import type { Operand, WebgpuBackend } from '../backend.js';
import { defineProgram, type Program, type Scalar } from '../program.js';

/** Side of a tile: a workgroup works out so many rows and columns of a product, in steps of so many terms. */
const TILE = 16;
/** From so many rows, columns and terms on tiles pay: below, most of a tile would be padding. */
const LEAST = 32;

const SIZES = { rows: 'u32', columns: 'u32', inner: 'u32' } as const;

/** Each thread keeps one output's sums, of factors that its workgroup brings near tile by tile. */
const TILED = `
var<workgroup> lefts: array<array<vec2f, ${TILE}>, ${TILE}>;
var<workgroup> rights: array<array<vec2f, ${TILE}>, ${TILE}>;
@compute @workgroup_size(${TILE}, ${TILE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u) {
  let row = group.y * ${TILE}u + thread.y;
  let column = group.x * ${TILE}u + thread.x;
  var sums = vec2f(0.0);
  for (var k = 0u; k < p.inner; k += ${TILE}u) {
    var a = vec2f(0.0);
    var b = vec2f(0.0);
    if (row < p.rows && k + thread.x < p.inner) { a = left(row, k + thread.x); }
    if (column < p.columns && k + thread.y < p.inner) { b = right(k + thread.y, column); }
    lefts[thread.y][thread.x] = a;
    rights[thread.y][thread.x] = b;
    workgroupBarrier();
    for (var t = 0u; t < ${TILE}u; t++) { sums += lefts[thread.y][t] * rights[t][thread.x]; }
    workgroupBarrier();
  }
  if (row < p.rows && column < p.columns) { finish(row, column, sums); }
}`;

/** One output a thread, without tiles. */
const DIRECT = `
  let row = i / p.columns;
  let column = i % p.columns;
  var sums = vec2f(0.0);
  for (var k = 0u; k < p.inner; k++) { sums += left(row, k) * right(k, column); }
  finish(row, column, sums);`;

/** A matrix product's program in both forms. */
export interface Product<P extends string, B extends string> {
  readonly tiled: Program<P | keyof typeof SIZES, B>;
  readonly direct: Program<P | keyof typeof SIZES, B>;
}

/**
 * Two matrix products side by side. The text has functions `left(row, k)` and `right(k, column)`, whose first parts make one
 * product and whose second parts the other, and `finish(row, column, sums)`, which takes the results.
 */
export function defineProduct<P extends string, R extends string, W extends string>(
  name: string,
  {
    params,
    reads,
    writes,
    include,
  }: {
    params: Readonly<Record<P, Scalar>>;
    reads: Readonly<Record<R, Scalar>>;
    writes: Readonly<Record<W, Scalar>>;
    include: readonly string[];
  },
): Product<P, R | W> {
  const parts = { params: { ...SIZES, ...params } as Record<P | keyof typeof SIZES, Scalar>, reads, writes };
  return {
    tiled: defineProgram(name, { ...parts, include, main: TILED }),
    direct: defineProgram(`${name}Direct`, { ...parts, include, each: DIRECT }),
  };
}

/** Runs a product in the form that suits its sizes; both add up in the same order. */
export function multiplyOut<P extends string, B extends string>(
  backend: WebgpuBackend,
  { tiled, direct }: Product<P, B>,
  operands: Readonly<Record<B, Operand>>,
  params: Readonly<Record<P | keyof typeof SIZES, number>>,
): void {
  const { rows, columns, inner } = params as Record<keyof typeof SIZES, number>;
  if (Math.min(rows, columns, inner) < LEAST) backend.each(direct, operands, params, rows * columns);
  else backend.dispatch(tiled, operands, params, [Math.ceil(columns / TILE), Math.ceil(rows / TILE)]);
}
