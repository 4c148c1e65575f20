import { address, arg, argF, clear, copy, madd, roomy, shareStart } from './common';
import {
  G_CHANNELS, G_HEIGHT, G_INNER, G_INNER_STEP, G_OUT_CHANNELS, G_OUTER, G_OUTER_STEP, G_PADDING, G_POOL, G_RELU, G_ROW_STEP, G_STEP, G_WIDTH, G_Y_HEIGHT, G_Y_WIDTH,
  imageBytes, outputSize, paddedImageBytes, preparePadded, runBytes, runCount, runOffset, G_LENGTH,
} from './geometry';

/*
 * Sparse backward: behind ReLU and the pool at most one convolution output in four has a gradient, and only where
 * it is positive. The gradient of the filter is a sum over a list of (patch, gradient) for each output channel.
 * An entry has 16 bytes: patch offset, gradient of the mean, gradient of the variance.
 */
const ENTRY: usize = 16;

/** 1 where a gradient passes: it is not zero, and `y` is positive or there is no ReLU (`always`). Floats compared by their bits. */
// @ts-ignore: decorator
@inline
function isLive(dy: usize, y: usize, always: i32): i32 {
  return i32(load<i32>(dy) << 1 != 0) & (always | i32(load<i32>(y) > 0));
}

/** Builds the lists of one image; `ends` receives each channel's end. Without branches: write, then advance or not. */
function collect(g: usize, dy: usize, y: usize, taps: usize, c: usize, lists: usize, listBytes: usize, ends: usize): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  for (let o = 0; o < channels; o++) {
    const at = <usize>o << 2;
    const end = c
      ? collectChannel(g, dy + at, y + at, taps + at, c + at, lists)
      : collectChannel(g, dy + at, y + at, taps + at, 0, lists);
    store<usize>(ends + at, end);
    lists += listBytes;
  }
}

// @ts-ignore: decorator
@inline
function collectChannel(g: usize, dy: usize, y: usize, taps: usize, c: usize, entry: usize): usize {
  const pixel = <usize>load<i32>(g, G_OUT_CHANNELS) << 2;
  const rowBytes = pixel * <usize>load<i32>(g, G_Y_WIDTH);
  const rowStep = load<i32>(g, G_ROW_STEP);
  const step = load<i32>(g, G_STEP);
  const stretch = load<i32>(g, G_POOL) ? 2 : 1;
  const always = i32(load<i32>(g, G_RELU) == 0);
  const last = dy + rowBytes * <usize>load<i32>(g, G_Y_HEIGHT);
  y -= dy;
  taps -= dy;
  if (c) c -= dy;
  for (let row = 0; dy < last; row += stretch * rowStep) {
    let window = row;
    const end = dy + rowBytes;
    for (; dy < end; dy += pixel) {
      const tap = load<i32>(taps + dy);
      store<i32>(entry, window + (rowStep & -(tap >> 1)) + (step & -(tap & 1)));
      store<f32>(entry, load<f32>(dy), 4);
      if (c) store<f32>(entry, load<f32>(dy) * load<f32>(c + dy), 8);
      entry += <usize>isLive(dy, y + dy, always) << 4;
      window += stretch * step;
    }
  }
  return entry;
}

/**
 * to[0..31] += sum over the list of gradient x 16 floats of the patch, and 16 more `next` bytes on. The test in the
 * middle never holds: it splits the loop's body, or the compiler would load all before it adds any, and run out of registers.
 */
function accumulate8(list: usize, end: usize, field: usize, a: usize, next: usize, to: usize): void {
  let a0 = v128.load(to);
  let a1 = v128.load(to, 16);
  let a2 = v128.load(to, 32);
  let a3 = v128.load(to, 48);
  let b0 = v128.load(to, 64);
  let b1 = v128.load(to, 80);
  let b2 = v128.load(to, 96);
  let b3 = v128.load(to, 112);
  for (; list < end; list += ENTRY) {
    const s = v128.load32_splat(list + field);
    const p = a + load<usize>(list);
    a0 = madd(a0, s, v128.load(p));
    a1 = madd(a1, s, v128.load(p, 16));
    a2 = madd(a2, s, v128.load(p, 32));
    a3 = madd(a3, s, v128.load(p, 48));
    if (p == 0) return;
    const q = p + next;
    b0 = madd(b0, s, v128.load(q));
    b1 = madd(b1, s, v128.load(q, 16));
    b2 = madd(b2, s, v128.load(q, 32));
    b3 = madd(b3, s, v128.load(q, 48));
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, a3, 48);
  v128.store(to, b0, 64);
  v128.store(to, b1, 80);
  v128.store(to, b2, 96);
  v128.store(to, b3, 112);
}

/** to[0..15] += sum over the list of gradient x 16 floats of the patch. */
function accumulate4(list: usize, end: usize, field: usize, a: usize, to: usize): void {
  let a0 = v128.load(to);
  let a1 = v128.load(to, 16);
  let a2 = v128.load(to, 32);
  let a3 = v128.load(to, 48);
  for (; list < end; list += ENTRY) {
    const s = v128.load32_splat(list + field);
    const p = a + load<usize>(list);
    a0 = madd(a0, s, v128.load(p));
    a1 = madd(a1, s, v128.load(p, 16));
    a2 = madd(a2, s, v128.load(p, 32));
    a3 = madd(a3, s, v128.load(p, 48));
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, a3, 48);
}

function accumulate1(list: usize, end: usize, field: usize, a: usize, to: usize): void {
  let sum = v128.load(to);
  for (; list < end; list += ENTRY) sum = madd(sum, v128.load32_splat(list + field), v128.load(a + load<usize>(list)));
  v128.store(to, sum);
}

/** One channel's filter gradient [runs][padded run] += sum over its list of gradient x patch. */
function accumulatePatch(g: usize, x: usize, list: usize, end: usize, field: usize, to: usize): void {
  const runs = runCount(g);
  const bytes = runBytes(g);
  let r = 0;
  if (bytes == 64) {
    // Runs of one block go in pairs.
    for (; r + 2 <= runs; r += 2) {
      const from = runOffset(g, r);
      accumulate8(list, end, field, x + from, runOffset(g, r + 1) - from, to);
      to += 128;
    }
  }
  for (; r < runs; r++) {
    const from = x + runOffset(g, r);
    let at: usize = 0;
    for (; at + 128 <= bytes; at += 128) accumulate8(list, end, field, from + at, 64, to + at);
    for (; at + 64 <= bytes; at += 64) accumulate4(list, end, field, from + at, to + at);
    for (; at < bytes; at += 16) accumulate1(list, end, field, from + at, to + at);
    to += bytes;
  }
}

function sumList(list: usize, end: usize, field: usize, start: f32): f32 {
  for (; list < end; list += ENTRY) start += load<f32>(list + field);
  return start;
}

/**
 * Op.ConvGradFilter: geometry, images, groups, groupSize, x, dy, y, taps, c (0: none), clamp, partials, partialBytes.
 * Each group of images has a partial of its own ([O][runs][run] of the mean, of the variance, then biases), so the
 * result does not depend on which thread took which group.
 */
export function convGradFilter(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const images = arg(args, 1);
  const groups = arg(args, 2);
  const groupSize = arg(args, 3);
  const c = address(args, 8);
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const padded = scratch;
  const squared = padded + roomy(paddedImageBytes(g));
  const ends = squared + roomy(paddedImageBytes(g));
  const lists = ends + roomy(<usize>channels << 2);
  const listBytes = <usize>(load<i32>(g, G_Y_HEIGHT) * load<i32>(g, G_Y_WIDTH) + 1) * ENTRY;
  const filterBytes = <usize>runCount(g) * runBytes(g);
  const outBytes = <usize>outputSize(g) << 2;
  const lastGroup = shareStart(groups, tid + 1, threads);
  for (let group = shareStart(groups, tid, threads); group < lastGroup; group++) {
    const partial = address(args, 10) + <usize>group * <usize>arg(args, 11);
    clear(partial, <usize>arg(args, 11));
    const varPartial = partial + filterBytes * <usize>channels;
    const bias = partial + (c ? 2 : 1) * filterBytes * <usize>channels;
    const last = min<i32>(images, (group + 1) * groupSize);
    for (let b = group * groupSize; b < last; b++) {
      const at = <usize>b * outBytes;
      collect(g, address(args, 5) + at, address(args, 6) + at, address(args, 7) + at, c ? c + at : 0, lists, listBytes, ends);
      const image = address(args, 4) + <usize>b * imageBytes(g);
      const x = preparePadded(g, image, padded, false, 0);
      const x2 = c ? preparePadded(g, image, squared, true, argF(args, 9)) : 0;
      for (let o = 0; o < channels; o++) {
        const list = lists + <usize>o * listBytes;
        const end = load<usize>(ends + (<usize>o << 2));
        const row = <usize>o << 2;
        accumulatePatch(g, x, list, end, 4, partial + <usize>o * filterBytes);
        store<f32>(bias + row, sumList(list, end, 4, load<f32>(bias + row)));
        if (c) {
          accumulatePatch(g, x2, list, end, 8, varPartial + <usize>o * filterBytes);
          const biasVar = bias + (<usize>channels << 2);
          store<f32>(biasVar + row, sumList(list, end, 8, load<f32>(biasVar + row)));
        }
      }
    }
  }
}

/** Sums one [O][runs][run] partial over the groups in order and writes it as [patch][O]. */
function reduceFilter(g: usize, groups: i32, from: usize, partialBytes: usize, to: usize, first: i32, last: i32): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const row = <usize>channels << 2;
  const runs = runCount(g);
  const bytes = runBytes(g);
  const length = <usize>load<i32>(g, G_LENGTH);
  for (let o = first; o < last; o++) {
    let source = from + <usize>o * <usize>runs * bytes;
    let target = to + (<usize>o << 2);
    for (let r = 0; r < runs; r++) {
      for (let at: usize = 0; at < bytes; at += 16) {
        let sum = v128.load(source + at);
        for (let group = 1; group < groups; group++) sum = f32x4.add(sum, v128.load(source + at + <usize>group * partialBytes));
        const left = length - at;
        store<f32>(target, f32x4.extract_lane(sum, 0));
        if (left > 4) store<f32>(target + row, f32x4.extract_lane(sum, 1));
        if (left > 8) store<f32>(target + 2 * row, f32x4.extract_lane(sum, 2));
        if (left > 12) store<f32>(target + 3 * row, f32x4.extract_lane(sum, 3));
        target += left < 16 ? (left >> 2) * row : 4 * row;
      }
      source += bytes;
    }
  }
}

function reduceBias(groups: i32, from: usize, partialBytes: usize, to: usize, first: i32, last: i32): void {
  for (let o = first; o < last; o++) {
    const at = <usize>o << 2;
    let sum = load<f32>(from + at);
    for (let group = 1; group < groups; group++) sum += load<f32>(from + at + <usize>group * partialBytes);
    store<f32>(to + at, sum);
  }
}

/** Op.ConvGradFilterReduce: geometry, groups, partials, partialBytes, dFilter, dBias (0), dVariance (0), dBiasVariance (0). */
export function convGradFilterReduce(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const groups = arg(args, 1);
  const partials = address(args, 2);
  const partialBytes = <usize>arg(args, 3);
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const filterBytes = <usize>channels * <usize>runCount(g) * runBytes(g);
  const first = shareStart(channels, tid, threads);
  const last = shareStart(channels, tid + 1, threads);
  const variance = address(args, 6);
  const bias = partials + (variance ? 2 : 1) * filterBytes;
  reduceFilter(g, groups, partials, partialBytes, address(args, 4), first, last);
  if (address(args, 5)) reduceBias(groups, bias, partialBytes, address(args, 5), first, last);
  if (!variance) return;
  reduceFilter(g, groups, partials + filterBytes, partialBytes, variance, first, last);
  if (address(args, 7)) reduceBias(groups, bias + (<usize>channels << 2), partialBytes, address(args, 7), first, last);
}

/** [patch][O] to [O][runs][run], run padded with zeros, so that a scatter may add whole vectors. */
function transposeFilter(g: usize, filter: usize, to: usize): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const row = <usize>channels << 2;
  const runs = runCount(g);
  const bytes = runBytes(g);
  const length = <usize>load<i32>(g, G_LENGTH);
  clear(to, <usize>channels * <usize>runs * bytes);
  for (let o = 0; o < channels; o++) {
    let from = filter + (<usize>o << 2);
    for (let r = 0; r < runs; r++) {
      for (let at: usize = 0; at < length; at += 4) {
        store<f32>(to + at, load<f32>(from));
        from += row;
      }
      to += bytes;
    }
  }
}

/** Adds gradient x one channel's filter to the patch at `to`. Nested loops: a division a run would cost more than the run. */
function scatter(g: usize, gradient: f32, filter: usize, to: usize): void {
  const outer = load<i32>(g, G_OUTER);
  const inner = load<i32>(g, G_INNER);
  const outerStep = <usize>load<i32>(g, G_OUTER_STEP);
  const innerStep = <usize>load<i32>(g, G_INNER_STEP);
  const bytes = runBytes(g);
  const s = f32x4.splat(gradient);
  for (let i = 0; i < outer; i++) {
    let target = to;
    for (let j = 0; j < inner; j++) {
      let at: usize = 0;
      for (; at + 64 <= bytes; at += 64) {
        const from = filter + at;
        const p = target + at;
        const a = madd(v128.load(p), s, v128.load(from));
        const b = madd(v128.load(p, 16), s, v128.load(from, 16));
        const c = madd(v128.load(p, 32), s, v128.load(from, 32));
        const d = madd(v128.load(p, 48), s, v128.load(from, 48));
        v128.store(p, a);
        v128.store(p, b, 16);
        v128.store(p, c, 32);
        v128.store(p, d, 48);
      }
      for (; at < bytes; at += 16) v128.store(target + at, madd(v128.load(target + at), s, v128.load(filter + at)));
      filter += bytes;
      target += innerStep;
    }
    to += outerStep;
  }
}

/**
 * The padded image's gradient for one of the two filters. In each window the channels are taken place by place:
 * neighbouring places overlap by part of a vector, and the processor waits where one's stores are the other's loads.
 */
function scatterImage(g: usize, dy: usize, y: usize, taps: usize, c: usize, filter: usize, lists: usize, to: usize): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const height = load<i32>(g, G_Y_HEIGHT);
  const width = load<i32>(g, G_Y_WIDTH);
  const step = <usize>load<i32>(g, G_STEP);
  const rowStep = <usize>load<i32>(g, G_ROW_STEP);
  const pool = load<i32>(g, G_POOL) != 0;
  const relu = load<i32>(g, G_RELU) != 0;
  const stretch: usize = pool ? 2 : 1;
  const places = pool ? 4 : 1;
  const filterBytes = <usize>runCount(g) * runBytes(g);
  const listBytes = <usize>(channels + 1) << 3;
  const ends = lists + 4 * listBytes;
  for (let py = 0; py < height; py++) {
    for (let px = 0; px < width; px++) {
      for (let place: usize = 0; place < 4; place++) store<usize>(ends + (place << 2), lists + place * listBytes);
      let row = filter;
      for (let o = 0; o < channels; o++) {
        const gradient = load<f32>(dy);
        const live = i32(gradient != 0) & (i32(!relu) | i32(load<f32>(y) > 0));
        const slot = ends + (<usize>load<i32>(taps) << 2);
        const end = load<usize>(slot);
        store<usize>(end, row);
        store<f32>(end, c ? gradient * load<f32>(c) : gradient, 4);
        store<usize>(slot, end + (<usize>live << 3));
        row += filterBytes;
        dy += 4;
        y += 4;
        taps += 4;
        if (c) c += 4;
      }
      const window = to + stretch * (<usize>py * rowStep + <usize>px * step);
      for (let place = 0; place < places; place++) {
        const target = window + <usize>(place >> 1) * rowStep + <usize>(place & 1) * step;
        const end = load<usize>(ends + (<usize>place << 2));
        for (let entry = lists + <usize>place * listBytes; entry < end; entry += 8) {
          scatter(g, load<f32>(entry, 4), load<usize>(entry), target);
        }
      }
    }
  }
}

/**
 * The filter as rows that a pool window can add to: [O][2][K][windowRowBytes], the second copy a column further right.
 * Zeros fill the rest.
 */
function shiftFilter(g: usize, filter: usize, to: usize): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const row = <usize>channels << 2;
  const kernelRows = load<i32>(g, G_OUTER);
  const length = <usize>load<i32>(g, G_LENGTH);
  const step = <usize>load<i32>(g, G_STEP);
  const stride = windowRowBytes(g);
  const copy = <usize>kernelRows * stride;
  clear(to, <usize>channels * 2 * copy);
  for (let o = 0; o < channels; o++) {
    let from = filter + (<usize>o << 2);
    for (let r = 0; r < kernelRows; r++) {
      for (let at: usize = 0; at < length; at += 4) {
        const w = load<f32>(from);
        store<f32>(to + at, w);
        store<f32>(to + copy + step + at, w);
        from += row;
      }
      to += stride;
    }
    to += copy;
  }
}

/** Bytes of the columns that a pool window's patches cover, in whole vectors. */
// @ts-ignore: decorator
@inline
function windowRowBytes(g: usize): usize {
  return (<usize>(load<i32>(g, G_LENGTH) + load<i32>(g, G_STEP)) + 15) & ~15;
}

/** to[0..19] += sum over the list of gradient x 20 floats at the entry's address + `offset`. */
function gather5(list: usize, end: usize, offset: usize, to: usize): void {
  let a0 = v128.load(to);
  let a1 = v128.load(to, 16);
  let a2 = v128.load(to, 32);
  let a3 = v128.load(to, 48);
  let a4 = v128.load(to, 64);
  for (; list < end; list += 8) {
    const s = v128.load32_splat(list, 4);
    const p = load<usize>(list) + offset;
    a0 = madd(a0, s, v128.load(p));
    a1 = madd(a1, s, v128.load(p, 16));
    a2 = madd(a2, s, v128.load(p, 32));
    a3 = madd(a3, s, v128.load(p, 48));
    a4 = madd(a4, s, v128.load(p, 64));
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, a3, 48);
  v128.store(to, a4, 64);
}

function gather4(list: usize, end: usize, offset: usize, to: usize): void {
  let a0 = v128.load(to);
  let a1 = v128.load(to, 16);
  let a2 = v128.load(to, 32);
  let a3 = v128.load(to, 48);
  for (; list < end; list += 8) {
    const s = v128.load32_splat(list, 4);
    const p = load<usize>(list) + offset;
    a0 = madd(a0, s, v128.load(p));
    a1 = madd(a1, s, v128.load(p, 16));
    a2 = madd(a2, s, v128.load(p, 32));
    a3 = madd(a3, s, v128.load(p, 48));
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, a3, 48);
}

function gather1(list: usize, end: usize, offset: usize, to: usize): void {
  let sum = v128.load(to);
  for (; list < end; list += 8) sum = madd(sum, v128.load32_splat(list, 4), v128.load(load<usize>(list) + offset));
  v128.store(to, sum);
}

/**
 * The gradients behind each pool window as a list of (filter row, gradient): entries of the window's
 * upper row growing down from its middle, those of the lower row up. `bounds` receives (low, high).
 */
function collectWindows(g: usize, dy: usize, y: usize, taps: usize, c: usize, filter: usize, lists: usize, bounds: usize): void {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const windows = load<i32>(g, G_Y_HEIGHT) * load<i32>(g, G_Y_WIDTH);
  const stride = windowRowBytes(g);
  const copy = load<i32>(g, G_OUTER) * <i32>stride;
  const always = i32(load<i32>(g, G_RELU) == 0);
  const last = filter + <usize>(channels * 2 * copy);
  let middle = lists + (<usize>channels << 3);
  for (let window = 0; window < windows; window++) {
    let low = middle;
    let high = middle;
    for (let rows = filter; rows < last; rows += <usize>(2 * copy)) {
      const tap = load<i32>(taps);
      const live = isLive(dy, y, always);
      const gradient = c ? load<f32>(dy) * load<f32>(c) : load<f32>(dy);
      const place = rows + <usize>(copy & -(tap & 1));
      // Written to both ends; only the right one moves on. No branch: taps are as good as random.
      store<usize>(low - 8, place);
      store<f32>(low - 4, gradient);
      store<usize>(high, place - stride);
      store<f32>(high, gradient, 4);
      const lower = live & (tap >> 1);
      high += <usize>lower << 3;
      low -= <usize>(live ^ lower) << 3;
      dy += 4;
      y += 4;
      taps += 4;
      if (c) c += 4;
    }
    store<usize>(bounds, low);
    store<usize>(bounds, high, 4);
    bounds += 8;
    middle += windowListBytes(channels);
  }
}

/** Bytes of one window's list: every channel in either row, and one to spare at both ends. */
// @ts-ignore: decorator
@inline
function windowListBytes(channels: i32): usize {
  return <usize>(channels + 1) << 4;
}

/**
 * The same as `scatterImage` for stride and dilation 1 behind a pool: the patches of a window's four places cover
 * K + 1 rows of K + 1 columns, and each of these rows is summed over the channels in registers. `filter` is `shiftFilter`'s.
 */
function gatherImage(g: usize, dy: usize, y: usize, taps: usize, c: usize, filter: usize, lists: usize, to: usize): void {
  const height = load<i32>(g, G_Y_HEIGHT);
  const width = load<i32>(g, G_Y_WIDTH);
  const kernelRows = load<i32>(g, G_OUTER);
  const stride = windowRowBytes(g);
  const rowStep = <usize>load<i32>(g, G_ROW_STEP);
  const listBytes = windowListBytes(load<i32>(g, G_OUT_CHANNELS));
  const step = <usize>load<i32>(g, G_STEP) << 1;
  let bounds = lists + <usize>(height * width) * listBytes;
  let middle = lists + (<usize>load<i32>(g, G_OUT_CHANNELS) << 3) + 8;
  if (c) collectWindows(g, dy, y, taps, c, filter, lists + 8, bounds);
  else collectWindows(g, dy, y, taps, 0, filter, lists + 8, bounds);
  for (let py = 0; py < height; py++) {
    let window = to;
    for (let px = 0; px < width; px++) {
      const low = load<usize>(bounds);
      const high = load<usize>(bounds, 4);
      bounds += 8;
      let target = window;
      let offset: usize = 0;
      for (let r = 0; r <= kernelRows; r++) {
        const first = r == kernelRows ? middle : low;
        const end = r == 0 ? middle : high;
        let at: usize = 0;
        for (; at + 80 <= stride; at += 80) gather5(first, end, offset + at, target + at);
        for (; at + 64 <= stride; at += 64) gather4(first, end, offset + at, target + at);
        for (; at < stride; at += 16) gather1(first, end, offset + at, target + at);
        offset += stride;
        target += rowStep;
      }
      window += step;
      middle += listBytes;
    }
    to += 2 * rowStep;
  }
}

/**
 * Op.ConvGradInput: geometry, images, x (0 without variance), filter, variance (0), dy, y, taps, c (0), clamp, dx.
 * dx = filter^T g + 2 x [x^2 >= clamp] variance^T (g c).
 */
export function convGradInput(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const g = address(args, 0);
  const images = arg(args, 1);
  const c = address(args, 8);
  const channels = load<i32>(g, G_OUT_CHANNELS);
  // Windows: one run a kernel row, and neighbouring columns lie side by side.
  const pooled: bool = load<i32>(g, G_POOL) != 0 && load<i32>(g, G_INNER) == 1 && load<i32>(g, G_STEP) == load<i32>(g, G_CHANNELS) << 2;
  const windows: bool = pooled && load<i32>(g, G_ROW_STEP) == load<i32>(g, G_OUTER_STEP);
  const filterBytes = <usize>channels * (windows ? 2 * <usize>load<i32>(g, G_OUTER) * windowRowBytes(g) : <usize>runCount(g) * runBytes(g));
  const lists = scratch;
  const windowBytes = (windowListBytes(channels) + 8) * <usize>(load<i32>(g, G_Y_HEIGHT) * load<i32>(g, G_Y_WIDTH));
  const filter = lists + roomy((<usize>(channels + 1) << 5) + windowBytes + 16);
  const variance = filter + roomy(filterBytes);
  const first = variance + roomy(filterBytes);
  const bytes = paddedImageBytes(g);
  const second = first + roomy(bytes);
  const outBytes = <usize>outputSize(g) << 2;
  const last = shareStart(images, tid + 1, threads);
  let b = shareStart(images, tid, threads);
  if (b >= last) return;
  prepareGradFilter(g, address(args, 3), filter, windows);
  if (c) prepareGradFilter(g, address(args, 4), variance, windows);
  for (; b < last; b++) {
    const at = <usize>b * outBytes;
    const dy = address(args, 5) + at;
    const y = address(args, 6) + at;
    const taps = address(args, 7) + at;
    const dx = address(args, 10) + <usize>b * imageBytes(g);
    gradImage(g, dy, y, taps, 0, filter, lists, first, bytes, windows);
    if (!c) {
      crop(g, first, 0, 0, 0, dx);
      continue;
    }
    gradImage(g, dy, y, taps, c + at, variance, lists, second, bytes, windows);
    crop(g, first, second, address(args, 2) + <usize>b * imageBytes(g), argF(args, 9), dx);
  }
}

function prepareGradFilter(g: usize, filter: usize, to: usize, windows: bool): void {
  if (windows) shiftFilter(g, filter, to);
  else transposeFilter(g, filter, to);
}

function gradImage(g: usize, dy: usize, y: usize, taps: usize, c: usize, filter: usize, lists: usize, to: usize, bytes: usize, windows: bool): void {
  clear(to, bytes + 64);
  if (windows) gatherImage(g, dy, y, taps, c, filter, lists, to);
  else scatterImage(g, dy, y, taps, c, filter, lists, to);
}

/** Drops the padding; with `second`, adds 2 x second where x^2 reached the clamp. */
function crop(g: usize, first: usize, second: usize, x: usize, clamp: f32, to: usize): void {
  const padding = load<i32>(g, G_PADDING);
  const rowBytes = (<usize>(load<i32>(g, G_WIDTH) * load<i32>(g, G_CHANNELS))) << 2;
  const side = (<usize>(padding * load<i32>(g, G_CHANNELS))) << 2;
  const paddedRow = rowBytes + 2 * side;
  let from = <usize>padding * paddedRow + side;
  const height = load<i32>(g, G_HEIGHT);
  for (let row = 0; row < height; row++) {
    if (!second) {
      copy(to, first + from, rowBytes);
    } else {
      for (let i: usize = 0; i < rowBytes; i += 4) {
        const v = load<f32>(x + i);
        const through: f32 = v * v >= clamp ? 2 * v * load<f32>(second + from + i) : 0;
        store<f32>(to + i, load<f32>(first + from + i) + through);
      }
    }
    to += rowBytes;
    x += rowBytes;
    from += paddedRow;
  }
}
