import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { EngineKernel } from '../../register.js';
import type { WebgpuBackend } from '../backend.js';

/** A kernel of this engine. */
export type GpuKernel<Attributes> = EngineKernel<WebgpuBackend, Attributes>;

export function size(info: TensorInfo): number {
  return info.shape.reduce((product, n) => product * n, 1);
}
