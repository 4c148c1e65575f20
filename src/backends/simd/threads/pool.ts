import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { BayescnnError } from '../../../errors.js';
import { artifact } from '../../artifacts.js';

/** What a worker needs to join the engine. */
export interface WorkerTask {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  state: number;
  /** Where a thread that dies leaves its number. */
  failed: number;
  thread: number;
}

/** Told when a worker that had started is gone, or is about to be. */
export type WorkerDeath = (thread: number, cause: unknown) => void;

/** Starts one worker and waits until it is ready for programs. */
function start(task: WorkerTask, onDeath: WorkerDeath): Promise<Worker> {
  const worker = new Worker(pathToFileURL(artifact('simd', 'threads/worker.js')), {
    workerData: task,
    execArgv: [],
  });
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new BayescnnError('engine', `engine simd: worker thread ${task.thread} did not start`, {
          cause,
          hint: 'try `--threads 1`',
        }),
      );
    worker.once('error', fail);
    worker.once('exit', (code) => fail(new Error(`exit code ${code}`)));
    worker.once('message', () => {
      worker.removeAllListeners();
      worker.once('error', (cause) => onDeath(task.thread, cause));
      worker.once('exit', (code) => onDeath(task.thread, new Error(`exit code ${code}`)));
      // A worker alone must not keep the process alive.
      worker.unref();
      resolve(worker);
    });
  });
}

/** Starts workers for threads 1 to `threads` - 1; the caller's thread is thread 0. */
export function startWorkers(
  threads: number,
  task: Omit<WorkerTask, 'thread'>,
  onDeath: WorkerDeath,
): Promise<Worker[]> {
  return Promise.all(
    Array.from({ length: threads - 1 }, (_, i) => start({ ...task, thread: i + 1 }, onDeath)),
  );
}
