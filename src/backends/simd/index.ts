import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { SimdBackend } from './backend.js';
import { SimdEngine } from './engine.js';
import { registerKernels } from './register.js';

export { SimdBackend } from './backend.js';
export { measurePeak } from './peak.js';
export { Profiler, type StepProfile } from './profile.js';
export type { Recording } from './recorder.js';
export type { Replay, StepOutputs } from './replay.js';

let registered = false;

/**
 * Creates the embedded engine and makes it TF.js's backend `simd`.
 * @param threads 0 for as many as there are cores
 */
export async function startSimd(threads: number, relaxed: boolean): Promise<SimdBackend> {
  if (!registered) registerKernels();
  registered = true;
  const engine = await SimdEngine.create(threads || availableParallelism(), relaxed);
  const backend = new SimdBackend(engine);
  if (tf.findBackend('simd')) tf.removeBackend('simd');
  tf.registerBackend('simd', () => backend, 3);
  await tf.setBackend('simd');
  return backend;
}
