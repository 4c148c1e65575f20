import type * as replay from '../replay/replay.js';
import { tf } from '../tfjs.js';
import { SimdBackend } from './backend.js';
import { createSimd } from './create.js';
import type { Recording } from './link.js';
import type { Op } from './opcodes.js';
import { registerSimdKernels } from './register.js';

export type { StepOutputs } from '../replay/replay.js';
export { SimdBackend } from './backend.js';
export type { Recording } from './link.js';
export { measurePeak } from './peak.js';
export { Profiler, type StepProfile } from './profile.js';

/** Runs a step many times, as one program once it has seen it twice. */
export type Replay<T extends replay.StepOutputs> = replay.Replay<T, Op, Recording>;

let registered = false;

/**
 * Makes the embedded engine TF.js's backend `simd`.
 * @param threads 0 for as many as there are cores
 * @param created the engine, where it was begun before
 */
export async function startSimd(
  threads: number,
  relaxed: boolean,
  created = createSimd(threads, relaxed),
): Promise<SimdBackend> {
  if (!registered) registerSimdKernels();
  registered = true;
  // Made here and not by TF.js, which turns a failure into a warning.
  const backend = new SimdBackend(await created);
  if (tf.findBackend('simd')) tf.removeBackend('simd');
  let fresh: SimdBackend | undefined = backend;
  tf.registerBackend(
    'simd',
    () => {
      // TF.js asks again after it has disposed of the backend (`engine().reset()`): its threads are gone by then.
      const next = fresh ?? createSimd(threads, relaxed).then((engine) => new SimdBackend(engine));
      fresh = undefined;
      return next;
    },
    3,
  );
  await tf.setBackend('simd');
  return backend;
}
