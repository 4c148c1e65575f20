import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../backend.js';
import { defineProgram } from '../program.js';
import { type BatchNormAttributes, spreadOf } from './BatchNorm.js';
import { type GpuKernel, size } from './kernel.js';

/** What ReLU lets pass of dy. */
const PASSED = `
fn passed(at: u32) -> f32 { return select(dy[at], 0.0, p.relu != 0u && y[at] <= 0.0); }`;

/** A group's sums of dz, what ReLU lets pass of dy, and of dz (x - mean). */
const SUMS = defineProgram('BatchNormGradSums', {
  params: { cells: 'u32', channels: 'u32', share: 'u32', relu: 'u32' },
  reads: { dy: 'f32', y: 'f32', x: 'f32', stats: 'f32' },
  writes: { partials: 'f32' },
  include: [PASSED],
  each: `
  let channel = i % p.channels;
  let first = i / p.channels * p.share;
  var sums = vec2f(0.0);
  for (var cell = first; cell < min(p.cells, first + p.share); cell++) {
    let at = cell * p.channels + channel;
    sums += passed(at) * vec2f(1.0, x[at] - stats[channel]);
  }
  partials[2u * i] = sums.x;
  partials[2u * i + 1u] = sums.y;`,
});

const STATISTICS = defineProgram('BatchNormGradStatistics', {
  params: { channels: 'u32', groups: 'u32' },
  reads: { partials: 'f32', stats: 'f32' },
  writes: { dScale: 'f32', dShift: 'f32' },
  each: `
  var sums = vec2f(0.0);
  for (var group = 0u; group < p.groups; group++) {
    let at = 2u * (group * p.channels + i);
    sums += vec2f(partials[at], partials[at + 1u]);
  }
  dShift[i] = sums.x;
  dScale[i] = sums.y * stats[p.channels + i];`,
});

/** dx = scale / s (dz - mean(dz) - xhat mean(dz xhat)), s the batch's standard deviation (Ioffe & Szegedy 2015, section 3). */
const APPLY = defineProgram('BatchNormGradApply', {
  params: { channels: 'u32', cells: 'u32', relu: 'u32' },
  reads: { dy: 'f32', y: 'f32', x: 'f32', stats: 'f32', scale: 'f32', dScale: 'f32', dShift: 'f32' },
  writes: { dx: 'f32' },
  include: [PASSED],
  each: `
  let channel = i % p.channels;
  let inverse = stats[p.channels + channel];
  let n = f32(p.cells);
  let normal = (x[i] - stats[channel]) * inverse;
  dx[i] = (passed(i) - dShift[channel] / n - normal * dScale[channel] / n) * scale[channel] * inverse;`,
});

/** What comes back through a shortcut: to every stride-th cell, of the channels that it added. */
const SHORTCUT = defineProgram('ShortcutGrad', {
  params: { height: 'u32', width: 'u32', channels: 'u32', relu: 'u32', added: 'u32', stride: 'u32' },
  reads: { dy: 'f32', y: 'f32' },
  writes: { dShortcut: 'f32' },
  include: [PASSED],
  each: `
  let column = (i / p.added) % (p.width * p.stride);
  let row = (i / p.added / (p.width * p.stride)) % (p.height * p.stride);
  let image = i / p.added / (p.width * p.stride) / (p.height * p.stride);
  var gradient = 0.0;
  if (column % p.stride == 0u && row % p.stride == 0u) {
    let position = (image * p.height + row / p.stride) * p.width + column / p.stride;
    gradient = passed(position * p.channels + (p.channels - p.added) / 2u + i % p.added);
  }
  dShortcut[i] = gradient;`,
});

function shortcutGradient(
  backend: WebgpuBackend,
  { dy, y }: Record<'dy' | 'y', TensorInfo>,
  relu: number,
  shape: number[],
): TensorInfo {
  const dShortcut = backend.output(shape);
  const [, height, width, channels] = y.shape;
  const params = { height, width, channels, relu, added: shape[3], stride: shape[1] / height };
  backend.each(SHORTCUT, { dy, y, dShortcut }, params, size(dShortcut));
  return dShortcut;
}

/** dy, x, scale, y, stats -> dx, dScale, dShift, dShortcut? */
export const BatchNormGrad: GpuKernel<BatchNormAttributes> = {
  name: 'BatchNormGrad',
  run({ dy, x, scale, y, stats }, backend, attributes) {
    const relu = Number(attributes.relu);
    const { cells, channels, share, groups } = spreadOf(x.shape);
    const [dx, dScale, dShift] = [x.shape, [channels], [channels]].map((shape) => backend.output(shape));
    const partials = backend.allocate(8 * channels * groups);
    backend.each(SUMS, { dy, y, x, stats, partials }, { cells, channels, share, relu }, channels * groups);
    backend.each(STATISTICS, { partials, stats, dScale, dShift }, { channels, groups }, channels);
    backend.release(partials);
    const operands = { dy, y, x, stats, scale, dScale, dShift, dx };
    backend.each(APPLY, operands, { channels, cells, relu }, size(x));
    const { shortcutShape } = attributes;
    if (shortcutShape === undefined) return [dx, dScale, dShift];
    return [dx, dScale, dShift, shortcutGradient(backend, { dy, y }, relu, shortcutShape)];
  },
};
