import type { EngineRequest } from './engine.js';
import { createSimd } from './simd/create.js';
import { freshHeap, type SimdEngine } from './simd/engine.js';
import { plainObstacle } from './tensorflow-package.js';

/** An engine that was asked for, as far as it goes without TensorFlow.js, which takes its time to load. */
export interface BegunEngine {
  /** The engine `simd` under way, where no other can be chosen; a failure is told when it is awaited. */
  readonly simd?: Promise<SimdEngine>;
  /** Memory for a data set, where it is known by now which engine will read it. */
  readonly allocate?: (bytes: number) => Uint8Array;
  /** Ends what was begun. */
  cancel(): Promise<void>;
}

/** Whether `simd` will be chosen whatever TensorFlow would say. */
function isSimd({ kind }: EngineRequest): boolean {
  return kind === 'simd' || (kind === 'auto' && plainObstacle() !== undefined);
}

/** Begins to start an engine: `simd` has its memory at once, its kernels and threads come meanwhile. */
export function beginEngine(request: EngineRequest): BegunEngine {
  if (!isSimd(request)) {
    const done = async (): Promise<void> => {};
    // `auto` may still be `simd`, whose memory the images would have to be copied to.
    return request.kind === 'auto'
      ? { cancel: done }
      : { allocate: (bytes) => new Uint8Array(bytes), cancel: done };
  }
  const heap = freshHeap();
  const simd = createSimd(request.threads, request.relaxed, heap);
  simd.catch(() => {});
  return {
    simd,
    allocate: (bytes) => heap.lend(bytes),
    cancel: () =>
      simd.then(
        (engine) => engine.dispose(),
        () => {},
      ),
  };
}
