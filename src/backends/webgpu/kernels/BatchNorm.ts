import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../backend.js';
import { defineProgram } from '../program.js';
import { type GpuKernel, size } from './kernel.js';

export interface BatchNormAttributes {
  relu: boolean;
  epsilon: number;
  momentum: number;
  shortcutShape?: number[];
}

/** Threads that a channel's sums are spread over, at least; each goes over a group of cells. */
const THREADS = 2 ** 14;

/** How a sum over all cells of [B, H, W, C] is spread: so many groups of `share` cells. */
export function spreadOf([images, height, width, channels]: readonly number[]) {
  const cells = images * height * width;
  const share = Math.max(1, Math.ceil(cells / Math.ceil(THREADS / channels)));
  return { cells, channels, share, groups: Math.ceil(cells / share) };
}

/** A group's mean, and its sum of squares around that. */
const MOMENTS = defineProgram('BatchNormMoments', {
  params: { cells: 'u32', channels: 'u32', share: 'u32' },
  reads: { x: 'f32' },
  writes: { partials: 'f32' },
  each: `
  let channel = i % p.channels;
  let first = i / p.channels * p.share;
  let end = min(p.cells, first + p.share);
  var sum = 0.0;
  for (var cell = first; cell < end; cell++) { sum += x[cell * p.channels + channel]; }
  let mean = sum / f32(end - first);
  var squares = 0.0;
  for (var cell = first; cell < end; cell++) {
    let d = x[cell * p.channels + channel] - mean;
    squares += d * d;
  }
  partials[2u * i] = mean;
  partials[2u * i + 1u] = squares;`,
});

/**
 * The groups joined as in Chan et al. 1983. Stats are [2][C]: the means and 1 / sqrt(variance + epsilon); the running values move
 * by `momentum` towards the batch's mean and unbiased variance.
 */
const STATISTICS = defineProgram('BatchNormStatistics', {
  params: { cells: 'u32', channels: 'u32', share: 'u32', groups: 'u32', epsilon: 'f32', momentum: 'f32' },
  reads: { partials: 'f32' },
  writes: { runningMean: 'f32', runningVariance: 'f32', stats: 'f32' },
  include: [
    `
fn cells_of(group: u32) -> f32 { return f32(min(p.cells - group * p.share, p.share)); }`,
  ],
  each: `
  let n = f32(p.cells);
  var mean = 0.0;
  for (var group = 0u; group < p.groups; group++) {
    mean += cells_of(group) * partials[2u * (group * p.channels + i)];
  }
  mean = mean / n;
  var squares = 0.0;
  for (var group = 0u; group < p.groups; group++) {
    let at = 2u * (group * p.channels + i);
    let d = partials[at] - mean;
    squares += partials[at + 1u] + cells_of(group) * d * d;
  }
  stats[i] = mean;
  stats[p.channels + i] = 1.0 / sqrt(squares / n + p.epsilon);
  runningMean[i] = (1.0 - p.momentum) * runningMean[i] + p.momentum * mean;
  runningVariance[i] = (1.0 - p.momentum) * runningVariance[i] + p.momentum * squares / (n - 1.0);`,
});

/** y = relu((x - mean) scale / s + shift + shortcut): of a shortcut every stride-th cell, with zero channels on both sides. */
const APPLY = defineProgram('BatchNormApply', {
  params: { height: 'u32', width: 'u32', channels: 'u32', relu: 'u32', added: 'u32', stride: 'u32' },
  reads: { x: 'f32', stats: 'f32', scale: 'f32', shift: 'f32', shortcut: 'f32' },
  writes: { y: 'f32' },
  each: `
  let channel = i % p.channels;
  var z = (x[i] - stats[channel]) * (scale[channel] * stats[p.channels + channel]) + shift[channel];
  let before = (p.channels - p.added) / 2u;
  if (channel >= before && channel < before + p.added) {
    let column = (i / p.channels) % p.width * p.stride;
    let row = (i / p.channels / p.width) * p.stride;
    z += shortcut[(row * p.width * p.stride + column) * p.added + channel - before];
  }
  y[i] = select(z, 0.0, p.relu != 0u && z < 0.0);`,
});

function apply(
  backend: WebgpuBackend,
  { x, stats, scale, shift, shortcut }: Record<string, TensorInfo>,
  relu: boolean,
): TensorInfo {
  const [, height, width, channels] = x.shape;
  const y = backend.output(x.shape);
  const [added, stride] = shortcut ? [shortcut.shape[3], shortcut.shape[1] / height] : [0, 1];
  const params = { height, width, channels, relu: Number(relu), added, stride };
  backend.each(APPLY, { x, stats, scale, shift, shortcut, y }, params, size(x));
  return y;
}

/** x [B,H,W,C], state, shortcut? -> y, stats; the running statistics move in place. */
export const BatchNorm: GpuKernel<BatchNormAttributes> = {
  name: 'BatchNorm',
  run({ x, scale, shift, runningMean, runningVariance, shortcut }, backend, { relu, epsilon, momentum }) {
    const { cells, channels, share, groups } = spreadOf(x.shape);
    const stats = backend.output([2, channels]);
    const partials = backend.allocate(8 * channels * groups);
    backend.each(MOMENTS, { x, partials }, { cells, channels, share }, channels * groups);
    const params = { cells, channels, share, groups, epsilon, momentum };
    backend.each(STATISTICS, { partials, runningMean, runningVariance, stats }, params, channels);
    backend.release(partials);
    return [apply(backend, { x, stats, scale, shift, shortcut }, relu), stats];
  },
};

const RUNNING = defineProgram('BatchNormRunning', {
  params: { channels: 'u32', epsilon: 'f32' },
  reads: { runningMean: 'f32', runningVariance: 'f32' },
  writes: { stats: 'f32' },
  each: `
  stats[i] = runningMean[i];
  stats[p.channels + i] = 1.0 / sqrt(runningVariance[i] + p.epsilon);`,
});

/** The same by the running statistics; nothing is kept. */
export const BatchNormInference: GpuKernel<BatchNormAttributes> = {
  name: 'BatchNormInference',
  run({ x, scale, shift, runningMean, runningVariance, shortcut }, backend, { relu, epsilon }) {
    const channels = x.shape[3];
    const stats = backend.output([2, channels]);
    backend.each(RUNNING, { runningMean, runningVariance, stats }, { channels, epsilon }, channels);
    const y = apply(backend, { x, stats, scale, shift, shortcut }, relu);
    backend.disposeData(stats.dataId);
    return y;
  },
};
