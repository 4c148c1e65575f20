import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerTask } from './pool.js';

const { module, memory, state, thread } = workerData as WorkerTask;
const instance = new WebAssembly.Instance(module, { env: { memory, abort: () => process.abort() } });
parentPort?.postMessage('ready');
(instance.exports.work as (state: number, thread: number) => void)(state, thread);
