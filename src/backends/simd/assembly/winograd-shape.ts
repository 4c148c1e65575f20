import { roomy } from './common';
import { G_CHANNELS, G_HEIGHT, G_OUTER, G_OUT_CHANNELS, G_OUT_HEIGHT, G_OUT_WIDTH, G_PADDING, G_WIDTH, G_WINOGRAD } from './geometry';

/* Sizes of a Winograd convolution (winograd.ts). `geometry.ts` of the TypeScript side reckons the scratch room by the same. */

/** Tiles of a planar block's row. */
export const BLOCK: i32 = 8;

/** Whether the vector runs over tiles, each of four outputs; else over output channels. */
// @ts-ignore: decorator
@inline
export function planar(g: usize): bool {
  return load<i32>(g, G_WINOGRAD) == 1;
}

/** Whether a channel-wise tile has five outputs; else two. */
// @ts-ignore: decorator
@inline
export function byFive(g: usize): bool {
  return load<i32>(g, G_WINOGRAD) == 3;
}

// @ts-ignore: decorator
@inline
export function pointCount(g: usize): i32 {
  return byFive(g) ? 9 : planar(g) ? 8 : 6;
}

/** Outputs of a tile. */
// @ts-ignore: decorator
@inline
export function tileWidth(g: usize): i32 {
  return byFive(g) ? 5 : planar(g) ? 4 : 2;
}

/** Tiles of a row. */
// @ts-ignore: decorator
@inline
export function tileCount(g: usize): i32 {
  return load<i32>(g, G_OUT_WIDTH) / tileWidth(g);
}

// @ts-ignore: decorator
@inline
export function paddedHeight(g: usize): i32 {
  return load<i32>(g, G_HEIGHT) + 2 * load<i32>(g, G_PADDING);
}

// @ts-ignore: decorator
@inline
export function paddedWidth(g: usize): i32 {
  return load<i32>(g, G_WIDTH) + 2 * load<i32>(g, G_PADDING);
}

/** Output channels with idle lanes: pairs where planar, else eights. */
// @ts-ignore: decorator
@inline
export function channelRoom(g: usize): i32 {
  const channels = load<i32>(g, G_OUT_CHANNELS);
  return planar(g) ? (channels + 1) & ~1 : (channels + 7) & ~7;
}

/** Tiles of a row, with idle ones to whole blocks where planar. */
// @ts-ignore: decorator
@inline
export function tileRoom(g: usize): i32 {
  const tiles = tileCount(g);
  return planar(g) ? (tiles + BLOCK - 1) & -BLOCK : tiles;
}

/** Bytes of one point's filter, image and product. */
// @ts-ignore: decorator
@inline
export function filterPointBytes(g: usize): usize {
  return (<usize>(load<i32>(g, G_OUTER) * load<i32>(g, G_CHANNELS) * channelRoom(g))) << 2;
}

// @ts-ignore: decorator
@inline
export function imagePointBytes(g: usize): usize {
  return roomy((<usize>(paddedHeight(g) * tileRoom(g) * load<i32>(g, G_CHANNELS))) << 2);
}

// @ts-ignore: decorator
@inline
export function productPointBytes(g: usize): usize {
  // A block of two rows.
  if (planar(g)) return <usize>(2 * BLOCK * channelRoom(g)) << 2;
  return (<usize>(load<i32>(g, G_OUT_HEIGHT) * tileCount(g) * channelRoom(g))) << 2;
}
