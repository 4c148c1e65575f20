import { availableParallelism } from 'node:os';
import { freshHeap, SimdEngine } from './engine.js';

/**
 * Compiles the kernels and starts the threads: both take time on other threads, so call it early.
 * @param threads 0 for as many as there are cores
 */
export function createSimd(threads: number, relaxed: boolean, heap = freshHeap()): Promise<SimdEngine> {
  return SimdEngine.create(threads || availableParallelism(), relaxed, { heap });
}
