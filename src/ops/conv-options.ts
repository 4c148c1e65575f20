import type { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';

/** What a convolution block does besides its filter: all lengths in cells. */
export interface ConvOptions {
  readonly stride: number;
  /** Zero cells on each side. */
  readonly padding: number;
  readonly dilation: number;
  readonly relu: boolean;
  /** 2x2 max-pool with stride 2 behind it; an odd last row or column is dropped. */
  readonly pool: boolean;
}

/** Cells along one side of the convolution's output, before pooling. */
export function convOutputSize(size: number, kernel: number, options: ConvOptions): number {
  return Math.floor((size + 2 * options.padding - options.dilation * (kernel - 1) - 1) / options.stride) + 1;
}

/**
 * The convolution's output shape [B, OH, OW, O], before pooling.
 * @throws BayescnnError 'failure' when channels differ or the filter does not fit
 */
export function convOutputShape(
  where: string,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  options: ConvOptions,
): [number, number, number, number] {
  if (x.shape[3] !== filter.shape[2]) {
    throw new BayescnnError(
      'failure',
      `${where}: x's channels must equal the filter's ${filter.shape[2]}, got x [${x.shape}]`,
      { hint: 'give images as NHWC and filters as HWIO' },
    );
  }
  const height = convOutputSize(x.shape[1], filter.shape[0], options);
  const width = convOutputSize(x.shape[2], filter.shape[1], options);
  const least = options.pool ? 2 : 1;
  if (height < least || width < least) {
    throw new BayescnnError(
      'failure',
      `${where}: the output must have at least ${least} x ${least} cells, got ${height} x ${width} from x [${x.shape}]`,
      { hint: 'use a smaller kernel, dilation or stride, or more padding' },
    );
  }
  return [x.shape[0], height, width, filter.shape[3]];
}
