import { availableParallelism } from 'node:os';
import { tf } from '../tfjs.js';
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
  const create = async () =>
    new SimdBackend(await SimdEngine.create(threads || availableParallelism(), relaxed));
  // Made here and not by TF.js, which turns a failure into a warning.
  const backend = await create();
  if (tf.findBackend('simd')) tf.removeBackend('simd');
  let fresh: SimdBackend | undefined = backend;
  tf.registerBackend(
    'simd',
    () => {
      // TF.js asks again after it has disposed of the backend (`engine().reset()`): its threads are gone by then.
      const next = fresh ?? create();
      fresh = undefined;
      return next;
    },
    3,
  );
  await tf.setBackend('simd');
  return backend;
}
