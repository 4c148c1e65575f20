import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { adopt } from '../adopt.js';
import { passesOn } from '../pass-through.js';
import { tf } from '../tfjs.js';
import type { WebgpuBackend } from './backend.js';
import { add, addN, multiply } from './kernels/Arithmetic.js';
import { FUSED } from './kernels/index.js';
import { type GpuKernel, toConfig } from './kernels/kernel.js';

const REPLACED: Record<string, (fallback: KernelFunc) => GpuKernel<unknown>> = {
  Add: (fallback) => add((inputs, backend) => fallback({ inputs, backend, attrs: {} })),
  Multiply: (fallback) => multiply((inputs, backend) => fallback({ inputs, backend, attrs: {} })),
  AddN: (fallback) => addN((inputs, backend) => fallback({ inputs, backend, attrs: {} })),
};

/** A kernel of TF.js's `cpu` backend on copies of its inputs, its outputs adopted behind it. */
function borrowed(config: KernelConfig): KernelFunc {
  const { kernelName, kernelFunc } = config;
  return (params) => {
    const inputs = Object.values(params.inputs).flat() as TensorInfo[];
    const backend = params.backend as WebgpuBackend;
    if (passesOn(kernelName, inputs, params.attrs)) return kernelFunc(params);
    return backend.borrow(kernelName, inputs, () => {
      const outputs = kernelFunc(params);
      return Array.isArray(outputs)
        ? outputs.map((output) => adopt(backend, output))
        : adopt(backend, outputs);
    });
  };
}

/** Registers every kernel of the `webgpu` backend: its own, and TF.js's CPU kernels for the rest. */
export function registerKernels(): void {
  for (const config of tf.getKernelsForBackend('cpu')) {
    const kernelFunc = borrowed(config);
    const replace = REPLACED[config.kernelName];
    if (replace) tf.registerKernel(toConfig(replace(kernelFunc)));
    else tf.registerKernel({ ...config, backendName: 'webgpu', kernelFunc });
  }
  for (const kernel of FUSED) tf.registerKernel(toConfig(kernel));
}
