import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { EngineKernel } from '../../register.js';
import type { SimdBackend } from '../backend.js';

/** A kernel of this engine. */
export type SimdKernel<Attributes> = EngineKernel<SimdBackend, Attributes>;

/** The address of an optional input; 0 means none. */
export function optional(backend: SimdBackend, info: TensorInfo | undefined): number {
  return info ? backend.address(info) : 0;
}

export function size(info: TensorInfo): number {
  return info.shape.reduce((product, n) => product * n, 1);
}

/** What a batch of no images gives: the gradients of `parts` weights of this shape, then of their biases. */
export function zeroGradients(
  backend: SimdBackend,
  parts: number,
  shape: number[],
  hasBias: boolean,
): TensorInfo[] {
  const zeros = (of: number[]) =>
    Array.from({ length: parts }, () =>
      backend.makeTensorInfo(of, 'float32', new Float32Array(of.reduce((product, n) => product * n, 1))),
    );
  return [...zeros(shape), ...(hasBias ? zeros(shape.slice(-1)) : [])];
}
