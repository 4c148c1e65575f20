import { defineProgram } from '../program.js';
import { PHILOX } from '../wgsl/philox.js';
import { type GpuKernel, size } from './kernel.js';

interface DropoutAttributes {
  key0: number;
  key1: number;
  rate: number;
  samples: number;
  /** Rows of the output an input row. */
  repeat: number;
}

/** Four elements a thread, of one Philox block: their words and places are those of `masksInto` (src/ops/dropout.ts). */
const DROPOUT = defineProgram('Dropout', {
  params: {
    size: 'u32',
    blocks: 'u32',
    samples: 'u32',
    repeat: 'u32',
    threshold: 'u32',
    scale: 'f32',
    key0: 'u32',
    key1: 'u32',
  },
  reads: { x: 'f32', clock: 'u32' },
  writes: { y: 'f32' },
  include: [PHILOX],
  each: `
  let row = i / p.blocks;
  let block = i % p.blocks;
  let counter = vec4u(block, clock[2] + row / p.samples, clock[0], clock[1] + row % p.samples);
  let words = philox(counter, vec2u(p.key0, p.key1));
  for (var j = 0u; j < 4u; j++) {
    let e = 16u * (block / 4u) + block % 4u + 4u * j;
    if (e < p.size) {
      let value = x[row / p.repeat * p.size + e] * p.scale;
      y[row * p.size + e] = select(0.0, value, words[j] >= p.threshold);
    }
  }`,
});

/** x [B, ...], clock -> x [B * repeat, ...] times its mask; its own gradient where nothing is repeated */
export const Dropout: GpuKernel<DropoutAttributes> = {
  name: 'Dropout',
  run({ x, clock }, backend, { key0, key1, rate, samples, repeat }) {
    const [images, ...rest] = x.shape;
    const rows = images * repeat;
    const y = backend.output([rows, ...rest]);
    const values = size(x) / Math.max(1, images);
    const blocks = 4 * Math.ceil(values / 16);
    // As `dropThreshold` of ops/dropout.ts: an unsigned word.
    const drawn = { threshold: Math.round(rate * 2 ** 32), scale: 1 / (1 - rate), key0, key1 };
    const params = { size: values, blocks, samples, repeat, ...drawn };
    backend.each(DROPOUT, { x, clock, y }, params, rows * blocks);
    return y;
  },
};
