import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { BayescnnError } from '../../errors.js';
import { artifact } from '../artifacts.js';
import type { Program } from './program.js';
import {
  type Adapter,
  type Answer,
  type Batch,
  type Command,
  type Dispatch,
  type Opening,
  PARAMS_ALIGNMENT,
  type WorkerTask,
} from './protocol.js';

/** Kernel calls, and bytes of writes, that wait here at most. */
const MOST_CALLS = 64;
const MOST_BYTES = 2 ** 22;
/** Milliseconds without an answer after which the thread is given up: more than any batch takes on a software adapter. */
const PATIENCE = 600_000;

/** A kernel call as it is noted down: a program, then workgroups, buffers and parameters. */
export interface Call {
  program: Program;
  groups: readonly [number, number];
  buffers: readonly number[];
  params: readonly number[];
}

/**
 * The main thread's side of the GPU. Commands are gathered and sent to the thread that drives the device; the main
 * thread waits in `read` alone, so that tensors can be read synchronously.
 */
export class Device {
  private readonly programs = new Map<Program, number>();
  private commands: Command[] = [];
  private words: number[] = [];
  private calls = 0;
  private bytes = 0;
  private names = 0;
  private ending: Promise<void> | undefined;
  private death: BayescnnError | undefined;

  private constructor(
    private readonly worker: Worker,
    private readonly port: MessagePort,
    private readonly signal: Int32Array,
    readonly adapter: Adapter,
  ) {}

  /**
   * Starts the thread, which opens the device.
   * @throws Error with the reason where there is no package, no adapter or no device
   */
  static async open(): Promise<Device> {
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(4));
    const task: WorkerTask = { port: port2, signal };
    const worker = new Worker(pathToFileURL(artifact('webgpu', 'worker.js')), {
      workerData: task,
      transferList: [port2],
      execArgv: [],
    });
    const opening = await new Promise<Opening>((resolve, reject) => {
      port1.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`its thread ended with exit code ${code}`)));
    });
    if ('error' in opening) throw new Error(opening.error);
    worker.removeAllListeners();
    const device = new Device(worker, port1, signal, opening.adapter);
    worker.once('error', (cause) => device.lose(cause));
    worker.once('exit', (code) => device.lose(new Error(`exit code ${code}`)));
    // The thread alone must not keep the process alive.
    worker.unref();
    port1.unref();
    return device;
  }

  private lose(cause: unknown): void {
    if (!this.ending) this.death ??= brokenError((cause as Error).message, cause);
  }

  /** A number that names nothing yet. */
  name(): number {
    return ++this.names;
  }

  create(bytes: number): number {
    const id = this.name();
    this.commands.push({ kind: 'create', id, bytes });
    return id;
  }

  destroy(id: number): void {
    this.commands.push({ kind: 'destroy', id });
  }

  /** Replaces the start of a buffer. @param data not to be changed any more, or copied first */
  write(id: number, data: ArrayBufferView<ArrayBufferLike>): void {
    this.commands.push({ kind: 'write', id, data });
    this.bytes += data.byteLength;
    if (this.bytes >= MOST_BYTES) this.flush();
  }

  call(call: Call): void {
    this.commands.push({ kind: 'dispatch', ...this.dispatch(call) });
    this.calls++;
    if (this.calls >= MOST_CALLS) this.flush();
  }

  /** A call with its parameters behind those of the batch. */
  private dispatch({ program, groups, buffers, params }: Call): Dispatch {
    const start = this.words.length;
    for (const word of params) this.words.push(word);
    while (this.words.length % PARAMS_ALIGNMENT !== 0) this.words.push(0);
    return { program: this.programId(program), buffers, params: start, words: params.length, groups };
  }

  private programId(program: Program): number {
    const known = this.programs.get(program);
    if (known !== undefined) return known;
    const { name, code, bindings } = program;
    const id = this.name();
    this.programs.set(program, id);
    this.commands.push({ kind: 'program', id, name, code, bindings });
    return id;
  }

  /** Makes kernel calls ready to be run again. @returns the recording's number, for `replay` and `forget` */
  record(calls: readonly Call[]): number {
    const id = this.name();
    // A batch of its own: the recording keeps its parameters.
    const programs = calls.map(({ program }) => program);
    for (const program of programs) this.programId(program);
    this.flush();
    const dispatches = calls.map((call) => this.dispatch(call));
    this.commands.push({ kind: 'record', id, dispatches });
    this.flush();
    return id;
  }

  replay(id: number): void {
    this.commands.push({ kind: 'replay', id });
    this.flush();
  }

  forget(id: number): void {
    this.commands.push({ kind: 'forget', id });
  }

  /** Sends what was gathered. @throws BayescnnError 'engine' after `dispose`, and when the thread has died */
  flush(more: Pick<Batch, 'read'> = {}): void {
    if (this.ending) throw stoppedError();
    if (this.death) throw this.death;
    if (this.commands.length === 0 && more.read === undefined) return;
    const batch: Batch = { commands: this.commands, params: Int32Array.from(this.words), ...more };
    this.commands = [];
    this.words = [];
    this.calls = 0;
    this.bytes = 0;
    this.port.postMessage(batch, [batch.params.buffer as ArrayBuffer]);
  }

  /**
   * Waits for all work so far, and copies buffers.
   * @returns the bytes of each
   * @throws BayescnnError 'engine' when anything went wrong since the last read
   */
  read(wanted: NonNullable<Batch['read']>): ArrayBuffer[] {
    Atomics.store(this.signal, 0, 0);
    this.flush({ read: wanted });
    const outcome = this.wait();
    const received = receiveMessageOnPort(this.port) as { message: Answer } | undefined;
    if (received === undefined || 'error' in received.message) {
      const what = received ? (received.message as { error: string }).error : `no answer (${outcome})`;
      this.death = brokenError(what);
      throw this.death;
    }
    const { bytes } = received.message;
    let end = 0;
    return wanted.map((each) => {
      end += each.bytes;
      return bytes.slice(end - each.bytes, end);
    });
  }

  /** Sleeps until the thread has answered. It may be woken before, by the answer to an earlier read that needed no waiting. */
  private wait(): string {
    for (;;) {
      const outcome = Atomics.wait(this.signal, 0, 0, PATIENCE);
      if (outcome !== 'ok' || Atomics.load(this.signal, 0) !== 0) return outcome;
    }
  }

  /** Lets go of the device and ends the thread; resolves when it is gone. */
  dispose(): Promise<void> {
    this.ending ??= this.stop();
    return this.ending;
  }

  private async stop(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.worker.ref();
    this.port.postMessage({ commands: [], params: new Int32Array(0), end: true } satisfies Batch);
    if (this.death === undefined) await gone;
    this.port.close();
  }
}

function brokenError(what: string, cause?: unknown): BayescnnError {
  return new BayescnnError('engine', `engine webgpu: the GPU's thread failed, got ${what}`, {
    cause,
    hint: 'a smaller train.batchSize or eval.batchSize needs less of its memory; a run goes on with `bayescnn train --resume RUN`, on another engine with `--backend simd`',
  });
}

function stoppedError(): BayescnnError {
  return new BayescnnError(
    'engine',
    'engine webgpu: a kernel was called, got an engine that was disposed of',
    {
      hint: 'start it again with tf.setBackend, and make new tensors: the old ones went with it',
    },
  );
}
