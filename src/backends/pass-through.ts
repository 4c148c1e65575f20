import type { TensorInfo } from '@tensorflow/tfjs-core';

/** Kernels of TF.js that only pass a tensor on. */
const PASS_THROUGH = new Set(['Identity', 'Reshape']);

/** Whether a call of a TF.js kernel only passes its input on: no arithmetic, nothing to record. A cast to the same type does too. */
export function passesOn(kernel: string, inputs: readonly TensorInfo[], attributes: unknown): boolean {
  if (PASS_THROUGH.has(kernel)) return true;
  return kernel === 'Cast' && (attributes as { dtype?: string })?.dtype === inputs[0].dtype;
}
