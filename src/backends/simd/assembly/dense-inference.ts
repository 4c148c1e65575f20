import { claim, onward } from './claims';
import { address, arg, argF, roomy, storeLanes } from './common';
import { drawNumber } from './noise';
import { drawRow, NOISE_BYTES, prepareNoise, startRow } from './noise-row';
import {
  appendPairs,
  COLUMNS,
  ENTRY,
  pairClampedProduct,
  pairProduct,
  pairSquareProduct,
  standardDeviations,
} from './pairs';

/*
 * Dense layers that no gradient follows, two rows at a time with the zeros of both left out (pairs.ts). Every sum is
 * in the order of training's kernels. Sixteen rows share each 16 columns of weights, which then come from the first
 * cache.
 */
const GROUP: i32 = 16;
/** Bytes of the group's lists' begins and ends. */
const BOUNDS: usize = 128;

/** Lists rows `first` to `last` - 1, each made from row r / repeat of x; bounds at `to`, a list a pair behind them. */
function listGroup(x: usize, inputs: i32, outputs: i32, repeat: i32, first: i32, last: i32, all: bool, to: usize): void {
  const row = <usize>inputs << 2;
  let list = to + BOUNDS;
  for (let r = first; r < last; r += 2) {
    const a = x + <usize>(r / repeat) * row;
    const b = r + 1 < last ? x + <usize>((r + 1) / repeat) * row : a;
    store<u32>(to, <u32>list);
    list = appendPairs(a, b, inputs, 0, outputs << 2, all, list);
    store<u32>(to, <u32>list, 4);
    // Room for the vectors that an append writes behind the end.
    list += 3 * ENTRY;
    to += 8;
  }
}

/** Stores a row after the optional ReLU. */
function storeRow(from: usize, to: usize, columns: i32, relu: bool): void {
  const floor = relu ? f32x4.splat(0) : f32x4.splat(-Infinity);
  for (let i = 0; i < columns; i += 4) {
    const at = <usize>i << 2;
    storeLanes(to + at, f32x4.pmax(v128.load(from + at), floor), columns - i);
  }
}

function groupsOf(rows: i32): i32 {
  return (rows + GROUP - 1) / GROUP;
}

/** Op.DenseInference: rows, inputs, outputs, relu, x, kernel, bias (0), y. Scratch: a group of values, its lists. */
export function denseInference(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const rows = arg(args, 0);
  const inputs = arg(args, 1);
  const outputs = arg(args, 2);
  const rowOut = <usize>outputs << 2;
  const plane = roomy(rowOut);
  const lists = scratch + <usize>GROUP * plane;
  const groups = groupsOf(rows);
  for (let group = claim(groups, threads); group < groups; group = onward(group + 1, groups, threads)) {
    const first = group * GROUP;
    const last = min<i32>(first + GROUP, rows);
    listGroup(address(args, 4), inputs, outputs, 1, first, last, false, lists);
    for (let o = 0; o < outputs; o += COLUMNS) {
      let at = lists;
      let to = scratch;
      for (let r = first; r < last; r += 2) {
        pairProduct(load<u32>(at), load<u32>(at, 4), address(args, 5), address(args, 6), o, outputs, to, to + plane);
        to += 2 * plane;
        at += 8;
      }
    }
    for (let r = first; r < last; r++) {
      const from = scratch + <usize>(r - first) * plane;
      storeRow(from, address(args, 7) + <usize>r * rowOut, outputs, arg(args, 3) != 0);
    }
  }
}

/**
 * Op.LrtDenseInference: rows, repeat, samples, inputs, outputs, relu, clock, epsilon (0: draw), key0, key1, y, x, mu, variance,
 * biasMu, biasVariance (0), clamp. Row r of y is sample r % samples of image r / samples, made from row
 * r / repeat of x. Scratch: noise area, a row of noise, a group's means, its standard deviations, its lists.
 */
export function lrtDenseInference(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const rows = arg(args, 0);
  const plane = roomy(<usize>arg(args, 4) << 2);
  const noise = scratch + roomy(NOISE_BYTES);
  const means = noise + plane;
  const stds = means + <usize>GROUP * plane;
  prepareNoise(scratch, arg(args, 8), arg(args, 9));
  const groups = groupsOf(rows);
  for (let group = claim(groups, threads); group < groups; group = onward(group + 1, groups, threads)) {
    const first = group * GROUP;
    const last = min<i32>(first + GROUP, rows);
    groupMoments(args, first, last, means, stds, plane);
    for (let r = first; r < last; r++) {
      const at = <usize>(r - first) * plane;
      drawAndStore(args, r, means + at, stds + at, noise, scratch);
    }
  }
}

/** Means and standard deviations of rows `first` to `last` - 1, a plane a row. */
function groupMoments(args: usize, first: i32, last: i32, means: usize, stds: usize, plane: usize): void {
  const outputs = arg(args, 4);
  const mu = address(args, 12);
  const variance = address(args, 13);
  const biasMu = address(args, 14);
  const biasVariance = address(args, 15);
  const clamp = argF(args, 16);
  const lists = stds + <usize>GROUP * plane;
  // A clamped square is not zero where its input is.
  listGroup(address(args, 11), arg(args, 3), outputs, arg(args, 1), first, last, clamp > 0, lists);
  for (let o = 0; o < outputs; o += COLUMNS) {
    let at = lists;
    let to: usize = 0;
    for (let r = first; r < last; r += 2) {
      const from = <usize>load<u32>(at);
      const end = <usize>load<u32>(at, 4);
      const a = stds + to;
      const b = a + plane;
      pairProduct(from, end, mu, biasMu, o, outputs, means + to, means + to + plane);
      if (clamp > 0) pairClampedProduct(from, end, variance, biasVariance, o, outputs, clamp, a, b);
      else pairSquareProduct(from, end, variance, biasVariance, o, outputs, a, b);
      to += 2 * plane;
      at += 8;
    }
  }
  for (let r = first; r < last; r++) standardDeviations(stds + <usize>(r - first) * plane, outputs);
}

function drawAndStore(args: usize, r: i32, mean: usize, std: usize, noise: usize, scratch: usize): void {
  const outputs = arg(args, 4);
  const samples = arg(args, 2);
  const clock = address(args, 6);
  const epsilon = address(args, 7);
  const rowBytes = <usize>outputs << 2;
  if (!epsilon) {
    startRow(scratch, drawNumber(clock, r / samples), load<u32>(clock), load<i32>(clock, 4) + (r % samples));
    drawRow(scratch, 0, outputs, noise);
  }
  perturb(mean, std, epsilon ? epsilon + <usize>r * rowBytes : noise, rowBytes);
  storeRow(mean, address(args, 10) + <usize>r * rowBytes, outputs, arg(args, 5) != 0);
}

/** mean += std * epsilon, and up to three more; `epsilon` may be anywhere in memory. */
// @ts-ignore: decorator
@inline
function perturb(mean: usize, std: usize, epsilon: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const noise = f32x4.mul(v128.load(std + at), v128.load(epsilon + at));
    v128.store(mean + at, f32x4.add(v128.load(mean + at), noise));
  }
}
