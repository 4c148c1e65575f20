import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../backend.js';

/** What a kernel of this engine is: TF.js's `KernelConfig` with its three arguments typed. */
export interface GpuKernel<Attributes> {
  name: string;
  run(
    inputs: Record<string, TensorInfo>,
    backend: WebgpuBackend,
    attributes: Attributes,
  ): TensorInfo | TensorInfo[];
}

/** The TF.js registration of a kernel. */
export function toConfig<Attributes>(kernel: GpuKernel<Attributes>): KernelConfig {
  return {
    kernelName: kernel.name,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend, attrs }) =>
      kernel.run(inputs as Record<string, TensorInfo>, backend as WebgpuBackend, attrs as Attributes),
  };
}

export function size(info: TensorInfo): number {
  return info.shape.reduce((product, n) => product * n, 1);
}
