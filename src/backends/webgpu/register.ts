import { registerKernels } from '../register.js';
import type { WebgpuBackend } from './backend.js';
import { add, addN, multiply } from './kernels/Arithmetic.js';
import { FUSED } from './kernels/index.js';

/** Registers every kernel of the `webgpu` backend. */
export function registerWebgpuKernels(): void {
  registerKernels<WebgpuBackend>('webgpu', FUSED, { Add: add, Multiply: multiply, AddN: addN });
}
