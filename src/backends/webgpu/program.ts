import type { Access } from './protocol.js';

export type Scalar = 'u32' | 'i32' | 'f32';

/** A kernel in WGSL: its parameters, the buffers that it reads and writes, and its text. */
export interface Program<P extends string = string, B extends string = string> {
  readonly name: string;
  readonly params: readonly P[];
  readonly scalars: readonly Scalar[];
  readonly buffers: readonly B[];
  readonly bindings: readonly Access[];
  readonly code: string;
  /** Threads of a workgroup where each thread does one element; undefined where the program counts in workgroups. */
  readonly workgroup: number | undefined;
}

/** The parts of a program. */
interface Definition<P extends string, R extends string, W extends string> {
  /** Named `p.NAME` in the text. */
  readonly params?: Readonly<Record<P, Scalar>>;
  /** Arrays of the element type; what a kernel changes in place is written as well. */
  readonly reads?: Readonly<Record<R, Scalar>>;
  readonly writes: Readonly<Record<W, Scalar>>;
  /** Functions in front of the text. */
  readonly include?: readonly string[];
  /** WGSL of element `i`, run by one thread each. */
  readonly each?: string;
  /** In place of `each`: WGSL with an entry point `main` of its own. */
  readonly main?: string;
}

/** Threads of a workgroup, and workgroups in one dimension at most (WebGPU's limit). */
const WORKGROUP = 64;
const MOST_GROUPS = 65535;

/** A program from its parts: declares `p` and the buffers, and the entry point of an elementwise one. */
export function defineProgram<P extends string = never, R extends string = never, W extends string = never>(
  name: string,
  { params, reads, writes, include = [], each, main }: Definition<P, R, W>,
): Program<P, R | W> {
  const fields = { threads: 'u32', ...params } as Record<string, Scalar>;
  const read = Object.entries(reads ?? {}) as [R, Scalar][];
  const written = Object.entries(writes) as [W, Scalar][];
  const declare =
    (access: string, from: number) =>
    ([buffer, type]: [string, Scalar], i: number) =>
      `@group(0) @binding(${from + i}) var<storage, ${access}> ${buffer}: array<${type}>;`;
  const code = [
    `struct Params { ${Object.entries(fields)
      .map((field) => field.join(': '))
      .join(', ')} }`,
    '@group(0) @binding(0) var<uniform> p: Params;',
    ...read.map(declare('read', 1)),
    ...written.map(declare('read_write', 1 + read.length)),
    ...include,
    each === undefined ? main : elementwise(each),
  ].join('\n');
  return {
    name,
    params: Object.keys(params ?? {}) as P[],
    scalars: Object.values(params ?? {}) as Scalar[],
    buffers: [...read, ...written].map(([buffer]) => buffer),
    bindings: [...read.map(() => 'read' as const), ...written.map(() => 'write' as const)],
    code,
    workgroup: each === undefined ? undefined : WORKGROUP,
  };
}

function elementwise(each: string): string {
  return `
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.threads) { return; }
${each}
}`;
}

/** The workgroups of so many threads, in two dimensions. */
export function groupsOf(threads: number, workgroup: number): [number, number] {
  const groups = Math.ceil(threads / workgroup);
  const rows = Math.ceil(groups / MOST_GROUPS);
  return [Math.ceil(groups / rows), rows];
}

const floats = new Float32Array(1);
const ints = new Int32Array(floats.buffer);

/** A number as the word that a parameter of this type holds. */
export function wordOf(value: number, type: Scalar): number {
  if (type !== 'f32') return value | 0;
  floats[0] = value;
  return ints[0];
}
