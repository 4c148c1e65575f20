import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerTask } from './pool.js';

const { module, memory, state, failed, thread } = workerData as WorkerTask;
const abort = () => {
  throw new Error('a kernel aborted');
};
// `abandon` is thread 0's alone.
const instance = new WebAssembly.Instance(module, { env: { memory, abort, abandon: abort } });
parentPort?.postMessage('ready');
try {
  (instance.exports.work as (state: number, thread: number) => void)(state, thread);
} catch (error) {
  // Thread 0 may be waiting for this one, where no event reaches it.
  Atomics.store(new Int32Array(memory.buffer), failed / 4, thread);
  throw error;
}
