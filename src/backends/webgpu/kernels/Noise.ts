import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../backend.js';
import { defineProgram } from '../program.js';
import { NORMALS } from '../wgsl/normals.js';

/** Normals of four Philox blocks side by side. */
const GROUP = 16;
const LANES = 4;

/**
 * Standard normals, four a thread: row r is sample r % samples of image r / samples. The counter is that of `normalsInto`
 * (src/ops/noise.ts).
 */
const NOISE = defineProgram('Noise', {
  params: {
    size: 'u32',
    blocks: 'u32',
    samples: 'u32',
    batch: 'u32',
    first: 'u32',
    shares: 'u32',
    key0: 'u32',
    key1: 'u32',
  },
  reads: { clock: 'u32' },
  writes: { epsilon: 'f32' },
  include: [NORMALS],
  each: `
  let row = i / p.blocks;
  let block = i % p.blocks;
  let number = select(0u, clock[2], p.batch != 0u) + p.first + row / p.samples;
  let image = number >> select(0u, clock[3] & 3u, p.shares != 0u);
  let drawn = normals(vec4u(block, image, clock[0], clock[1] + row % p.samples), vec2u(p.key0, p.key1));
  let e = ${GROUP}u * (block / ${LANES}u) + block % ${LANES}u;
  for (var j = 0u; j < 4u; j++) {
    if (e + ${LANES}u * j < p.size) { epsilon[row * p.size + e + ${LANES}u * j] = drawn[j]; }
  }`,
});

/** What names a draw: the key, and the samples side by side. */
export interface Draw {
  key0: number;
  key1: number;
  samples?: number;
}

function draw(
  backend: WebgpuBackend,
  clock: TensorInfo,
  { key0, key1, samples = 1 }: Draw,
  { rows, size, batch, first, shares }: Record<'rows' | 'size' | 'batch' | 'first' | 'shares', number>,
): number {
  const blocks = LANES * Math.ceil(size / GROUP);
  const epsilon = backend.allocate(4 * rows * size);
  const params = { size, blocks, samples, batch, first, shares, key0, key1 };
  backend.each(NOISE, { clock, epsilon }, params, rows * blocks);
  return epsilon;
}

/** A scratch buffer with normals for `rows` rows of `size` values each. */
export function rowNoise(
  backend: WebgpuBackend,
  clock: TensorInfo,
  of: Draw,
  rows: number,
  size: number,
): number {
  return draw(backend, clock, of, { rows, size, batch: 1, first: 0, shares: 1 });
}

/** A scratch buffer with normals for weights. @param image of the batch, or -1 for one draw for all */
export function weightNoise(
  backend: WebgpuBackend,
  clock: TensorInfo,
  of: Draw,
  size: number,
  image: number,
): number {
  return draw(backend, clock, of, {
    rows: 1,
    size,
    batch: Number(image >= 0),
    first: Math.max(0, image),
    shares: 0,
  });
}

/** Runs `use` on noise that is given, or drawn for that time by `drawn`. */
export function withNoise<T>(
  backend: WebgpuBackend,
  { clock, epsilon }: { clock?: TensorInfo | undefined; epsilon?: TensorInfo | undefined },
  drawn: (clock: TensorInfo) => number,
  use: (epsilon: TensorInfo | number | undefined) => T,
): T {
  if (clock === undefined) return use(epsilon);
  const noise = drawn(clock);
  const result = use(noise);
  backend.release(noise);
  return result;
}
