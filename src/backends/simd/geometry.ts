import type { ConvAttributes } from '../conv-attributes.js';
import type { SimdBackend } from './backend.js';

export type { ConvAttributes } from '../conv-attributes.js';

/** A convolution's sizes, and the address of the block that the kernels read (`assembly/geometry.ts`). */
export interface ConvGeometry {
  address: number;
  images: number;
  /** [OH, OW] before the pool, [YH, YW] after it. */
  conv: [number, number];
  output: [number, number];
  channels: number;
  /** Bytes of one padded image, of one image's convolution output, and of the filter as padded runs. */
  paddedBytes: number;
  convBytes: number;
  filterBytes: number;
  /** Bytes of the filter as the input's gradient reads it, at most. */
  gradFilterBytes: number;
  /** Scratch of one convolution by Winograd with its transformed filters (up to two); 0 where it is direct. */
  winogradBytes: number;
}

const cache = new WeakMap<SimdBackend, Map<string, Omit<ConvGeometry, 'images'>>>();

/**
 * @param x [B, H, W, C]
 * @param filter [K, K, C, O]
 */
export function convGeometry(
  backend: SimdBackend,
  x: readonly number[],
  filter: readonly number[],
  attributes: ConvAttributes,
): ConvGeometry {
  const known = cache.get(backend) ?? new Map<string, Omit<ConvGeometry, 'images'>>();
  cache.set(backend, known);
  const { stride, padding, dilation, relu, pool } = attributes;
  const key = [...x.slice(1), ...filter, stride, padding, dilation, relu, pool].join();
  const geometry = known.get(key) ?? make(backend, x, filter, attributes);
  known.set(key, geometry);
  return { ...geometry, images: x[0] };
}

function make(
  backend: SimdBackend,
  [, height, width, channels]: readonly number[],
  [kernelHeight, kernelWidth, , outChannels]: readonly number[],
  { stride, padding, dilation, relu, pool }: ConvAttributes,
): Omit<ConvGeometry, 'images'> {
  const span = (size: number, kernel: number) =>
    Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const conv: [number, number] = [span(height, kernelHeight), span(width, kernelWidth)];
  const output: [number, number] = pool ? [conv[0] >> 1, conv[1] >> 1] : conv;
  const row = 4 * (width + 2 * padding) * channels;
  // Taps that lie side by side in memory form one run.
  const inner = dilation === 1 ? 1 : kernelWidth;
  const length = 4 * channels * (dilation === 1 ? kernelWidth : 1);
  const winograd = winogradMode(kernelWidth, conv[1], outChannels, { stride, dilation });
  const words = [
    conv[0],
    conv[1],
    4 * stride * channels,
    stride * row,
    kernelHeight,
    dilation * row,
    inner,
    4 * dilation * channels,
    length,
    height,
    width,
    channels,
    padding,
    Number(relu),
    Number(pool),
    outChannels,
    output[0],
    output[1],
    winograd,
  ];
  const winogradBytes = ({ planar, tile, points }: WinogradTiles) => {
    const tiles = conv[1] / tile;
    const room = planar ? 2 * Math.ceil(outChannels / 2) : 8 * Math.ceil(outChannels / 8);
    const filter = roomy(4 * points * kernelHeight * channels * room);
    const row = planar ? BLOCK * Math.ceil(tiles / BLOCK) : tiles;
    const image = points * roomy(4 * (height + 2 * padding) * row * channels);
    const products = 4 * points * room * (planar ? 2 * BLOCK : conv[0] * tiles);
    return 2 * filter + roomy(image) + roomy(products) + roomy(4 * (width + 2 * padding));
  };
  // Lives as long as the engine: not a recording's memory.
  const address = backend.simd.heap.allocate(4 * words.length);
  backend.simd.heap.ints(address, words.length).set(words);
  return {
    address,
    conv,
    output,
    channels: outChannels,
    paddedBytes: row * (height + 2 * padding),
    convBytes: 4 * conv[0] * conv[1] * outChannels,
    filterBytes: outChannels * kernelHeight * inner * Math.ceil(length / 16) * 16,
    gradFilterBytes: 2 * outChannels * kernelHeight * inner * Math.ceil((length + 4 * channels) / 16) * 16,
    winogradBytes: winograd === 0 ? 0 : winogradBytes(TILES[winograd - 1]),
  };
}

/** A way to compute by Winograd (`assembly/winograd.ts`). */
interface WinogradTiles {
  /** Whether the vector runs over tiles, else over output channels. */
  planar: boolean;
  /** Outputs of a tile, and products that they take. */
  tile: number;
  points: number;
}

/** The ways 1 to 3. */
const TILES: readonly WinogradTiles[] = [
  { planar: true, tile: 4, points: 8 },
  { planar: false, tile: 2, points: 6 },
  { planar: false, tile: 5, points: 9 },
];
/** Tiles of a planar block's row. */
const BLOCK = 8;
/** Up to so many output channels the vector runs over tiles: lanes over channels would be idle. */
const PLANAR_CHANNELS = 12;

/** How a convolution is computed: 0 directly, else by Winograd's way of that number. */
function winogradMode(
  kernelWidth: number,
  outWidth: number,
  outChannels: number,
  { stride, dilation }: { stride: number; dilation: number },
): number {
  if (stride !== 1 || dilation !== 1 || kernelWidth !== 5) return 0;
  if (outChannels <= PLANAR_CHANNELS && outWidth % 4 === 0) return 1;
  if (outWidth % 5 === 0) return 3;
  return outWidth % 2 === 0 ? 2 : 0;
}

/** A scratch area as the kernels lay them out: on vector boundaries, with room behind. */
export function roomy(bytes: number): number {
  return Math.ceil((bytes + 64) / 64) * 64 + 64;
}
