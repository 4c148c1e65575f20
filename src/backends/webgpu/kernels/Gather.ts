import { defineProgram } from '../program.js';
import type { GpuKernel } from './kernel.js';

const IMAGE = [32, 32, 3];
const PIXELS = 32 * 32;

/** One pixel a thread: (byte / 255 - mean) / std of three planes, seen through a window where there is one. */
const IMAGES = defineProgram('GatherImages', {
  params: {
    windows: 'u32',
    scale0: 'f32',
    scale1: 'f32',
    scale2: 'f32',
    shift0: 'f32',
    shift1: 'f32',
    shift2: 'f32',
  },
  reads: { indices: 'u32', transforms: 'i32', bytes: 'u32' },
  writes: { x: 'f32' },
  include: [
    `
fn byte(at: u32) -> f32 { return f32((bytes[at / 4u] >> (8u * (at % 4u))) & 255u); }`,
  ],
  each: `
  let image = i / ${PIXELS}u;
  var row = i32((i / 32u) % 32u);
  var column = i32(i % 32u);
  if (p.windows != 0u) {
    if (transforms[3u * image + 2u] != 0) { column = 31 - column; }
    row += transforms[3u * image];
    column += transforms[3u * image + 1u];
  }
  var pixel = vec3f(0.0);
  if (row >= 0 && row < 32 && column >= 0 && column < 32) {
    let at = ${3 * PIXELS}u * indices[image] + u32(32 * row + column);
    pixel = vec3f(byte(at), byte(at + ${PIXELS}u), byte(at + ${2 * PIXELS}u));
  }
  x[3u * i] = pixel.x * p.scale0 + p.shift0;
  x[3u * i + 1u] = pixel.y * p.scale1 + p.shift1;
  x[3u * i + 2u] = pixel.z * p.scale2 + p.shift2;`,
});

/** indices [B] into planar bytes, transforms [3 B] where images are augmented -> normalised images [B,32,32,3] */
export const GatherImages: GpuKernel<{ images: Uint8Array; mean: number[]; std: number[] }> = {
  name: 'GatherImages',
  run({ indices, transforms }, backend, { images, mean, std }) {
    const count = indices.shape[0];
    const x = backend.output([count, ...IMAGE]);
    const [scale0, scale1, scale2] = std.map((s) => 1 / (255 * s));
    const [shift0, shift1, shift2] = std.map((s, channel) => -mean[channel] / s);
    const windows = Number(transforms !== undefined);
    const params = { windows, scale0, scale1, scale2, shift0, shift1, shift2 };
    backend.each(IMAGES, { indices, transforms, bytes: backend.store(images), x }, params, PIXELS * count);
    return x;
  },
};

const LABELS = defineProgram('GatherLabels', {
  reads: { indices: 'u32', bytes: 'u32' },
  writes: { y: 'u32' },
  each: 'y[i] = (bytes[indices[i] / 4u] >> (8u * (indices[i] % 4u))) & 255u;',
});

/** indices [B] -> labels int32 [B] */
export const GatherLabels: GpuKernel<{ labels: Uint8Array }> = {
  name: 'GatherLabels',
  run({ indices }, backend, { labels }) {
    const count = indices.shape[0];
    const y = backend.output([count], 'int32');
    backend.each(LABELS, { indices, bytes: backend.store(labels), y }, {}, count);
    return y;
  },
};
