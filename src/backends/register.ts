import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { adopt } from './adopt.js';
import { tf } from './tfjs.js';

/** A backend that runs TF.js's `cpu` kernels for what it has no kernel of its own for. */
interface Borrower extends MathBackendCPU {
  /** Runs a borrowed kernel: what it reads is there for that time, and a recording is told. */
  borrow<T>(kernel: string, inputs: readonly TensorInfo[], run: () => T): T;
}

/** What a kernel of an engine of ours is: TF.js's `KernelConfig` with its three arguments typed. */
export interface EngineKernel<B, Attributes> {
  name: string;
  run(inputs: Record<string, TensorInfo>, backend: B, attributes: Attributes): TensorInfo | TensorInfo[];
}

/** An op of TF.js as `cpu` has it, for the cases that an engine's own kernel leaves out. */
export type Fallback<B> = (inputs: Record<string, TensorInfo>, backend: B) => TensorInfo | TensorInfo[];

/** Kernels of TF.js that only pass a tensor on. */
const PASS_THROUGH = new Set(['Identity', 'Reshape']);

/** Whether a call of a TF.js kernel only passes its input on: no arithmetic, nothing to record. A cast to the same type does too. */
function passesOn(kernel: string, inputs: readonly TensorInfo[], attributes: unknown): boolean {
  if (PASS_THROUGH.has(kernel)) return true;
  return kernel === 'Cast' && (attributes as { dtype?: string })?.dtype === inputs[0].dtype;
}

/** A kernel of `cpu` for another backend, its outputs adopted behind it. */
function borrowed({ kernelName, kernelFunc }: KernelConfig): KernelConfig['kernelFunc'] {
  return (params) => {
    const inputs = Object.values(params.inputs).flat() as TensorInfo[];
    const backend = params.backend as Borrower;
    if (passesOn(kernelName, inputs, params.attrs)) return kernelFunc(params);
    return backend.borrow(kernelName, inputs, () => {
      const outputs = kernelFunc(params);
      return Array.isArray(outputs)
        ? outputs.map((output) => adopt(backend, output))
        : adopt(backend, outputs);
    });
  };
}

/**
 * Registers every kernel of an engine of ours: its own, and TF.js's CPU kernels for the rest.
 * @param partial its own kernels of TF.js's ops, made with a fallback for the cases that they leave out
 */
export function registerKernels<B extends Borrower>(
  backendName: string,
  // biome-ignore lint/suspicious/noExplicitAny: a list of kernels with different attributes
  own: readonly EngineKernel<B, any>[],
  partial: Readonly<Record<string, (fallback: Fallback<B>) => EngineKernel<B, unknown>>>,
): void {
  const register = <A>({ name, run }: EngineKernel<B, A>) =>
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) =>
        run(inputs as Record<string, TensorInfo>, backend as B, attrs as A),
    });
  for (const config of tf.getKernelsForBackend('cpu')) {
    const kernelFunc = borrowed(config);
    const make = partial[config.kernelName];
    if (make) register(make((inputs, backend) => kernelFunc({ inputs, backend, attrs: {} })));
    else tf.registerKernel({ ...config, backendName, kernelFunc });
  }
  own.forEach(register);
}
