import type { Layout, Spatial } from '../layout.js';
import type { Following } from './followed.js';

/** A convolution layer: square kernels, lengths in cells. */
export interface ConvShape extends Following {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zero cells on each side; default 0. */
  readonly padding?: number;
  /** Default 1. */
  readonly dilation?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** ReLU behind it; default false. */
  readonly relu?: boolean;
  /** 2x2 max-pool behind it; default false. */
  readonly pool?: boolean;
}

/** A dense layer. */
export interface DenseShape extends Pick<Following, 'softplus'> {
  readonly inputs: number;
  readonly outputs: number;
  /** Default true. */
  readonly bias?: boolean;
  /** ReLU behind it; default false. */
  readonly relu?: boolean;
  /** Set when the inputs are a flattened image, whose order differs from PyTorch's. */
  readonly spatial?: Spatial;
}

/** The options of the convolution ops. */
export function convOptions(shape: ConvShape): {
  stride: number;
  padding: number;
  dilation: number;
  relu: boolean;
  pool: boolean;
} {
  const { stride = 1, padding = 0, dilation = 1, relu = false, pool = false } = shape;
  return { stride, padding, dilation, relu, pool };
}

export function convLayout({ inputs, outputs, kernel }: ConvShape): Layout {
  return { kind: 'conv', outputs, inputs, height: kernel, width: kernel };
}

export function denseLayout({ inputs, outputs, spatial }: DenseShape): Layout {
  return { kind: 'dense', outputs, inputs, spatial };
}

/** Inputs behind one output cell of a convolution. */
export function convFanIn({ inputs, kernel }: ConvShape): number {
  return inputs * kernel * kernel;
}
