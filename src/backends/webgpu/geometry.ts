import type { ConvAttributes } from '../conv-attributes.js';

export type { ConvAttributes } from '../conv-attributes.js';

/** A convolution's sizes: as the programs take them, and of its outputs. */
export interface ConvGeometry {
  images: number;
  params: ReturnType<typeof paramsOf>;
  /** [B, YH, YW, O] behind the pool; values of one image before it. */
  shape: [number, number, number, number];
  convSize: number;
}

function paramsOf(
  [, height, width, channels]: readonly number[],
  [kernelHeight, kernelWidth, , outputs]: readonly number[],
  { stride, padding, dilation, relu, pool }: ConvAttributes,
  clamp: number,
) {
  const span = (size: number, kernel: number) =>
    Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const [convHeight, convWidth] = [span(height, kernelHeight), span(width, kernelWidth)];
  const [outHeight, outWidth] = [convHeight, convWidth].map((size) => (pool ? size >> 1 : size));
  return {
    ...{ height, width, channels, kernelHeight, kernelWidth, stride, padding, dilation },
    ...{ relu: Number(relu), pool: Number(pool), convHeight, convWidth, outHeight, outWidth, outputs, clamp },
  };
}

/**
 * @param x [B, H, W, C]
 * @param filter [K, K, C, O]
 */
export function convGeometry(
  x: readonly number[],
  filter: readonly number[],
  attributes: ConvAttributes,
  clamp = 0,
): ConvGeometry {
  const params = paramsOf(x, filter, attributes, clamp);
  const { outHeight, outWidth, outputs, convHeight, convWidth } = params;
  return {
    images: x[0],
    params,
    shape: [x[0], outHeight, outWidth, outputs],
    convSize: convHeight * convWidth * outputs,
  };
}
