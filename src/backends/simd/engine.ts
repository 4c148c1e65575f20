import type { Worker } from 'node:worker_threads';
import { BayescnnError } from '../../errors.js';
import { compileKernels } from './compile.js';
import { Heap } from './heap.js';
import type { Op } from './opcodes.js';
import { abandon, reclaim } from './reclaim.js';
import { startWorkers } from './threads/pool.js';

/** Words of the state that the threads share; the layout is `assembly/index.ts`'s. */
const STATE_BYTES = 384;
const SCRATCH = 268;
const SCRATCH_BYTES = 272;
const SPIN = 276;
const FAILED = 280;
const PATIENCE = 284;
/** Seconds without a sign of the other threads after which they are given up: far more than any kernel takes. */
const DEFAULT_PATIENCE = 60;
/** Polls before a waiting thread sleeps: some tens of microseconds. */
const SPIN_COUNT = 50_000;
const MAXIMUM_ARGUMENTS = 512;

interface Exports {
  prepare(): void;
  run(state: number, program: number, count: number, threads: number): void;
  stop(state: number): void;
}

const floatBits = new Float32Array(1);
const intBits = new Int32Array(floatBits.buffer);

/** The bits of a float as an argument word. */
export function floatWord(value: number): number {
  floatBits[0] = value;
  return intBits[0];
}

export interface SimdOptions {
  /** Seconds after which a thread that shows no sign of life counts as dead. */
  readonly patience?: number;
  /** Its memory, where something was put there before. */
  readonly heap?: Heap;
}

/** Memory for an engine, after that of engines that are gone was given back. */
export function freshHeap(): Heap {
  reclaim();
  return new Heap();
}

/** The WebAssembly side of the engine: memory, threads, and programs of kernel calls. */
export class SimdEngine {
  /** Whether a recorded program may run on fewer threads where that turns out to be faster. The bits are the same. */
  adaptive = true;
  private scratchBytes = 0;
  private stopping: Promise<void> | undefined;
  private death: BayescnnError | undefined;
  private readonly slot: number;
  private readonly workers: Worker[] = [];

  private constructor(
    readonly heap: Heap,
    readonly threads: number,
    readonly relaxed: boolean,
    private readonly exports: Exports,
    private readonly state: number,
  ) {
    this.slot = heap.allocate(8 + 4 * MAXIMUM_ARGUMENTS);
  }

  /**
   * Compiles the kernels and starts the threads.
   * @param relaxed fused multiply-add: faster on some machines, results then depend on the processor
   */
  static async create(threads: number, relaxed: boolean, options: SimdOptions = {}): Promise<SimdEngine> {
    const { patience = DEFAULT_PATIENCE, heap = freshHeap() } = options;
    const module = await compileKernels(relaxed);
    const state = heap.allocate(STATE_BYTES);
    const { memory } = heap;
    const words = new Int32Array(memory.buffer, state, STATE_BYTES / 4);
    words[SPIN / 4] = SPIN_COUNT;
    words[PATIENCE / 4] = patience;
    const abort = () => {
      throw new Error('engine simd: a kernel aborted');
    };
    const abandon = () => {
      throw deadWorker(words[FAILED / 4] || undefined);
    };
    const instance = await WebAssembly.instantiate(module, { env: { memory, abort, abandon } });
    const exports = instance.exports as unknown as Exports;
    exports.prepare();
    const engine = new SimdEngine(heap, threads, relaxed, exports, state);
    const task = { module, memory, failed: state + FAILED, state };
    engine.workers.push(...(await startWorkers(threads, task, (...death) => engine.lose(...death))));
    engine.reserveScratch(4096);
    return engine;
  }

  /** Makes sure that every thread has `bytes` of scratch memory. */
  reserveScratch(bytes: number): void {
    if (bytes <= this.scratchBytes) return;
    const each = Math.ceil((bytes + 256) / 4096) * 4096;
    const words = new Int32Array(this.heap.memory.buffer, this.state, STATE_BYTES / 4);
    if (this.scratchBytes > 0) this.heap.free(words[SCRATCH / 4]);
    // allocate() may grow the memory: the view above stays valid, it is shared.
    const address = this.heap.allocate(each * this.threads);
    words[SCRATCH / 4] = address;
    words[SCRATCH_BYTES / 4] = each;
    this.scratchBytes = each;
  }

  /** Runs one kernel now. */
  execute(op: Op, words: readonly number[]): void {
    const view = this.heap.ints(this.slot, 2 + words.length);
    view[0] = op;
    view[1] = this.slot + 8;
    view.set(words, 2);
    this.enter(this.slot, 1, this.threads);
  }

  /** Runs `count` instructions of a program in memory. */
  run(program: number, count: number, threads = this.threads): void {
    this.enter(program, count, threads);
  }

  /** @throws BayescnnError 'engine' after `dispose`, and when a worker has died: the caller would wait for ever */
  private enter(program: number, count: number, threads: number): void {
    if (this.stopping) throw stoppedError();
    if (this.death) throw this.death;
    try {
      this.exports.run(this.state, program, count, threads);
    } catch (error) {
      // The other threads may stand anywhere in the program: no other can be run.
      this.death = error instanceof BayescnnError ? error : brokenProgram(error);
      throw this.death;
    }
  }

  private lose(thread: number, cause: unknown): void {
    if (!this.stopping) this.death ??= deadWorker(thread, cause);
  }

  /** Ends the threads; resolves when they are gone. */
  dispose(): Promise<void> {
    this.stopping ??= this.stop();
    return this.stopping;
  }

  private async stop(): Promise<void> {
    this.exports.stop(this.state);
    abandon(this.heap.memory.buffer.byteLength);
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

function deadWorker(thread: number | undefined, cause?: unknown): BayescnnError {
  const what =
    thread === undefined ? 'got no sign of life from a worker thread' : `worker thread ${thread} died`;
  return new BayescnnError('engine', `engine simd: ${what}`, {
    cause,
    hint: 'check the memory that is left; a run goes on with `bayescnn train --resume RUN`, if need be with `--threads 1`',
  });
}

function brokenProgram(cause: unknown): BayescnnError {
  return new BayescnnError('engine', `engine simd: a kernel broke off, got ${(cause as Error).message}`, {
    cause,
    hint: 'please report it with the command and the output of `bayescnn doctor`',
  });
}

function stoppedError(): BayescnnError {
  return new BayescnnError('engine', 'engine simd: a kernel was called, got an engine that was disposed of', {
    hint: 'start it again with tf.setBackend, and make new tensors: the old ones went with it',
  });
}
