import { addOuter, multiplyRows } from './blocks';
import { address, arg, clear, roomy, shareStart } from './common';
import { POINTS, transformGradient, transformInput, transformOutput, transformTapGradients, transformTaps } from './tiles';

/*
 * 3x3 convolutions with stride 1 and padding 1 by F(4x4, 3x3): 36 products a tile and pair of channels in place of 144.
 * The input's height and width are multiples of 4; it has 16, 32, 64 or up to 4 channels, the output 16, 32 or 64. Sixteen tiles go together: they are
 * transformed to V[point][tile][C], multiplied point by point with the filter's U[point][C][O], and the products
 * M[point][tile][O] are transformed back. Points lie a cache line further apart than they need, else all 36 of a tile
 * would meet in a few sets of the cache.
 */
const BLOCK: i32 = 16;

/** Bytes of a pixel's channels as vectors. */
// @ts-ignore: decorator
@inline
function vectorBytes(channels: i32): usize {
  return <usize>((channels + 3) & ~3) << 2;
}

// @ts-ignore: decorator
@inline
function blockBytes(channels: i32): usize {
  return <usize>BLOCK * vectorBytes(channels) + 64;
}

/** A product's only run begins where its factors do. */
// @ts-ignore: decorator
@inline
function oneRun(table: usize): void {
  store<u32>(table, 0);
  store<u32>(table, 0, 4);
}

/**
 * Op.Conv3Filter: C, O, filter [3][3][C][O], U, flipped. U is [point][C][O]; flipped, of the filter turned by half a turn with
 * its channels exchanged, [point][O][C]: with it the forward pass gives the input's gradient.
 */
export function conv3Filter(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const channels = arg(args, 0);
  const outputs = arg(args, 1);
  const tap = <usize>(channels * outputs) << 2;
  const flipped = arg(args, 4) != 0;
  const filter = flipped ? address(args, 2) + 8 * tap : address(args, 2);
  const to = address(args, 3);
  const points = scratch + 576;
  const last = shareStart(channels, tid + 1, threads);
  for (let c = shareStart(channels, tid, threads); c < last; c++) {
    for (let o = 0; o < outputs; o += 4) {
      const from = filter + (<usize>(c * outputs + o) << 2);
      // Unsigned differences wrap, as addresses do.
      if (flipped) {
        transformTaps(from, 0 - 3 * tap, 0 - tap, scratch, points);
        scatterPoints(points, to + (<usize>(o * channels + c) << 2), tap, <usize>channels << 2);
      } else {
        transformTaps(from, 3 * tap, tap, scratch, points);
        storePoints(points, to + (<usize>(c * outputs + o) << 2), tap);
      }
    }
  }
}

function storePoints(points: usize, to: usize, step: usize): void {
  for (let p = 0; p < POINTS; p++) {
    v128.store(to, v128.load(points));
    points += 16;
    to += step;
  }
}

/** The four lanes of a point go to rows `row` bytes apart. */
function scatterPoints(points: usize, to: usize, step: usize, row: usize): void {
  for (let p = 0; p < POINTS; p++) {
    store<f32>(to, load<f32>(points));
    store<f32>(to + row, load<f32>(points, 4));
    store<f32>(to + 2 * row, load<f32>(points, 8));
    store<f32>(to + 3 * row, load<f32>(points, 12));
    points += 16;
    to += step;
  }
}

/** Transforms tiles `first` to `last` - 1, counted over all images, to V. */
function transformInputs(images: usize, height: i32, width: i32, channels: i32, first: i32, last: i32, work: usize, v: usize): void {
  const pixel = <usize>channels << 2;
  const vectors = vectorBytes(channels);
  const columns = width >> 2;
  const perImage = (height >> 2) * columns;
  const imageBytes = <usize>(height * width) * pixel;
  const zero = work + 36 * vectors;
  clear(zero, vectors);
  for (let tile = first; tile < last; tile++) {
    const image = tile / perImage;
    const place = tile % perImage;
    const at = images + <usize>image * imageBytes;
    transformInput(at, height, width, pixel, (place / columns) << 2, (place % columns) << 2, zero, work, v, blockBytes(channels));
    v += vectors;
  }
}

/** The address of a tile's first pixel, counted over all images. */
// @ts-ignore: decorator
@inline
function tileAddress(images: usize, height: i32, width: i32, pixel: usize, tile: i32): usize {
  const columns = width >> 2;
  const perImage = (height >> 2) * columns;
  const place = tile % perImage;
  const row = (tile / perImage) * height + ((place / columns) << 2);
  return images + <usize>(row * width + ((place % columns) << 2)) * pixel;
}

/** Op.Conv3Forward: H, W, C, O, images, x, U, y. */
export function conv3Forward(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const height = arg(args, 0);
  const width = arg(args, 1);
  const channels = arg(args, 2);
  const outputs = arg(args, 3);
  const tiles = arg(args, 4) * (height >> 2) * (width >> 2);
  const u = address(args, 6);
  const y = address(args, 7);
  const pixel = <usize>outputs << 2;
  const vectors = vectorBytes(channels);
  const inPoint = blockBytes(channels);
  const outPoint = blockBytes(outputs);
  const filterPoint = <usize>(channels * outputs) << 2;
  const work = scratch + 64;
  const v = work + roomy(37 * (vectors > pixel ? vectors : pixel));
  const m = v + roomy(<usize>POINTS * inPoint);
  oneRun(scratch);
  const blocks = (tiles + BLOCK - 1) / BLOCK;
  const end = shareStart(blocks, tid + 1, threads);
  for (let block = shareStart(blocks, tid, threads); block < end; block++) {
    const first = block * BLOCK;
    const last = min<i32>(first + BLOCK, tiles);
    transformInputs(address(args, 5), height, width, channels, first, last, work, v);
    for (let p: usize = 0; p < <usize>POINTS; p++) {
      multiplyRows(vectors, v + p * inPoint, last - first, u + p * filterPoint, pixel, <usize>channels << 2, scratch, 1, m + p * outPoint, pixel, pixel);
    }
    for (let tile = first; tile < last; tile++) {
      const to = tileAddress(y, height, width, pixel, tile);
      transformOutput(m + <usize>(tile - first) * pixel, outPoint, pixel, work, to, <usize>width * pixel);
    }
  }
}

/**
 * Op.Conv3GradFilter: H, W, C, O, images, groups, groupSize, x, dy, partials. The gradient of each group of images,
 * [3][3][C][O] in `partials`; groups are fixed, so that the sum does not depend on the threads.
 */
export function conv3GradFilter(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const channels = arg(args, 2);
  const outputs = arg(args, 3);
  const groups = arg(args, 5);
  const groupSize = arg(args, 6);
  const bytes = <usize>(9 * channels * outputs) << 2;
  const sums = scratch;
  const room = roomy(<usize>POINTS * (vectorBytes(channels) * <usize>outputs + 64));
  const end = shareStart(groups, tid + 1, threads);
  for (let group = shareStart(groups, tid, threads); group < end; group++) {
    const first = group * groupSize;
    const last = min<i32>(first + groupSize, arg(args, 4));
    clear(sums, room);
    addImages(args, first, last, sums, sums + room);
    combine(channels, outputs, sums, sums + room, address(args, 9) + <usize>group * bytes);
  }
}

/** Adds the products of images `first` to `last` - 1 to the sums [point][C][O]. */
function addImages(args: usize, first: i32, last: i32, sums: usize, work: usize): void {
  const height = arg(args, 0);
  const width = arg(args, 1);
  const channels = arg(args, 2);
  const outputs = arg(args, 3);
  const pixel = <usize>outputs << 2;
  const vectors = vectorBytes(channels);
  const perImage = (height >> 2) * (width >> 2);
  const inPoint = blockBytes(channels);
  const outPoint = blockBytes(outputs);
  const sumPoint = vectors * <usize>outputs + 64;
  const v = work + roomy(37 * (vectors > pixel ? vectors : pixel));
  const m = v + roomy(<usize>POINTS * inPoint);
  const tiles = last * perImage;
  for (let from = first * perImage; from < tiles; from += BLOCK) {
    const to = min<i32>(from + BLOCK, tiles);
    transformInputs(address(args, 7), height, width, channels, from, to, work, v);
    for (let tile = from; tile < to; tile++) {
      const dy = tileAddress(address(args, 8), height, width, pixel, tile);
      transformGradient(dy, <usize>width * pixel, pixel, work, m + <usize>(tile - from) * pixel, outPoint);
    }
    for (let p: usize = 0; p < <usize>POINTS; p++) {
      addOuter(v + p * inPoint, vectors, m + p * outPoint, pixel, <usize>(to - from), 1, 0, 0, sums + p * sumPoint, pixel, channels, pixel);
    }
  }
}

/** The sums [point][C][O] to the gradient [3][3][C][O]. */
function combine(channels: i32, outputs: i32, sums: usize, work: usize, to: usize): void {
  const tap = <usize>(channels * outputs) << 2;
  const sumPoint = vectorBytes(channels) * <usize>outputs + 64;
  for (let at: usize = 0; at < tap; at += 16) transformTapGradients(sums + at, sumPoint, work, to + at, tap);
}
