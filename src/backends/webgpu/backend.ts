import type { BackendValues, DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { BayescnnError } from '../../errors.js';
import type { Allocator } from '../replay/arena.js';
import type { Recorder } from '../replay/recorder.js';
import { RecordingBackend } from '../replay/recording-backend.js';
import type { Linked, StepOutputs } from '../replay/replay.js';
import type { Call, Device } from './device.js';
import { Pool } from './pool.js';
import { groupsOf, type Program, wordOf } from './program.js';

/**
 * What the storage keeps for a tensor. Its values lie in one place: on the host (`values`), or, from the first kernel
 * that takes it, in a buffer of the device.
 */
interface Entry {
  values?: BackendValues;
  dtype: DataType;
  refCount: number;
  buffer?: number;
  /** Elements of the tensor in `buffer`. */
  length?: number;
  /** Tensors of a replayed step that are read together, and what that read gave. */
  together?: Together;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
}

/** The outputs of a replayed step: one read fetches all, which is good until the next replay. */
interface Together {
  entries: Entry[];
  read: Map<Entry, BackendValues> | undefined;
}

/** A tensor, a buffer's number, or none: a kernel that is given none must not look at it. */
export type Operand = TensorInfo | number | undefined;

/**
 * A TF.js backend on WebGPU. Tensors stay on the device; every op without a kernel of this engine's own runs in TF.js's CPU
 * kernels, on copies that are read back.
 */
export class WebgpuBackend extends RecordingBackend<Program, Linked> {
  private readonly pool: Pool;
  private readonly stores = new WeakMap<Uint8Array, number>();
  /** Stands for operands that are not there; no kernel writes it. */
  private readonly nothing: number;
  /** Times that something was read back. */
  reads = 0;

  constructor(readonly device: Device) {
    super();
    this.pool = new Pool(device);
    this.nothing = this.pool.allocate(0);
  }

  private entry(dataId: DataId): Entry {
    return this.data.get(dataId) as Entry;
  }

  protected override get blocks(): Allocator {
    return this.pool;
  }

  /** Bytes in buffers that are in use. */
  get usedBytes(): number {
    return this.pool.usedBytes;
  }

  override allocate(bytes: number): number {
    this.checkSize(bytes);
    return super.allocate(bytes);
  }

  private checkSize(bytes: number): void {
    const { largestBuffer } = this.device.adapter;
    if (bytes <= largestBuffer) return;
    throw new BayescnnError(
      'engine',
      `engine webgpu: at most ${largestBuffer} bytes in one buffer on this device, got a request for ${bytes}`,
      { hint: 'use a smaller train.batchSize or eval.batchSize, or --subset where it is the data set' },
    );
  }

  /** A new tensor on the device; its content is undefined. */
  output(shape: number[], dtype: 'float32' | 'int32' = 'float32'): TensorInfo {
    const length = shape.reduce((product, n) => product * n, 1);
    const dataId = {};
    this.data.set(dataId, { dtype, refCount: 1, buffer: this.allocate(4 * length), length } as never);
    return { dataId, shape, dtype };
  }

  /** The buffer of a tensor's values; moves them to the device at the first call. */
  buffer(info: TensorInfo): number {
    const entry = this.entry(info.dataId);
    if (entry.buffer !== undefined) return entry.buffer;
    const values = wordsOf(entry, info);
    const { recorder } = this;
    this.checkSize(values.byteLength);
    // What a recording did not make (a variable, an input) outlives it and must not lie in its arena.
    const arena = recorder?.isConstant(info.dataId) ? recorder.arena : undefined;
    const buffer = arena ? arena.keep(values.byteLength) : this.pool.allocate(values.byteLength);
    this.device.write(buffer, values);
    if (arena) recorder?.addUpload(buffer, bytesOf(values));
    entry.buffer = buffer;
    entry.length = values.length;
    delete entry.values;
    return buffer;
  }

  /** The buffer of host bytes that kernels read (a split's images): copied once. */
  store(bytes: Uint8Array): number {
    const known = this.stores.get(bytes);
    if (known !== undefined) return known;
    this.checkSize(bytes.length);
    const buffer = this.pool.allocate(bytes.length);
    this.device.write(buffer, bytes);
    this.stores.set(bytes, buffer);
    return buffer;
  }

  /** Replaces a tensor's values where they lie. */
  overwrite(dataId: DataId, values: Float32Array | Int32Array): void {
    const entry = this.entry(dataId);
    // A copy: what is handed over is sent later, or kept.
    const own = values.slice();
    if (entry.buffer === undefined) entry.values = own;
    else this.device.write(entry.buffer, own);
  }

  /** Runs a program with one thread for each of `threads` elements. */
  each<P extends string, B extends string>(
    program: Program<P, B>,
    operands: Readonly<Record<B, Operand>>,
    params: Readonly<Record<P, number>>,
    threads: number,
  ): void {
    if (threads > 0)
      this.dispatch(program, operands, params, groupsOf(threads, program.workgroup as number), threads);
  }

  /** Runs a program that counts in workgroups. */
  dispatch<P extends string, B extends string>(
    program: Program<P, B>,
    operands: Readonly<Record<B, Operand>>,
    params: Readonly<Record<P, number>>,
    groups: readonly [number, number],
    threads = 0,
  ): void {
    const buffers = program.buffers.map((name) => this.place(operands[name]));
    const words = program.params.map((name, i) => wordOf(params[name], program.scalars[i]));
    const call: Call = { program, groups, buffers, params: [threads, ...words] };
    this.recorder?.instructions.push({ op: program, words: [...groups, ...buffers, ...call.params] });
    this.device.call(call);
  }

  private place(operand: Operand): number {
    if (operand === undefined) return this.nothing;
    return typeof operand === 'number' ? operand : this.buffer(operand);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = this.data.has(dataId) ? this.entry(dataId) : undefined;
    const gone = super.disposeData(dataId, force);
    if (gone && entry?.buffer !== undefined) this.release(entry.buffer);
    return gone;
  }

  override readSync(dataId: DataId): BackendValues {
    this.noteRead(dataId);
    const entry = this.entry(dataId);
    if (entry.buffer === undefined) return super.readSync(dataId);
    const { together } = entry;
    if (together === undefined) return this.fetch([entry])[0];
    together.read ??= new Map(this.fetch(together.entries).map((values, i) => [together.entries[i], values]));
    return together.read.get(entry) as BackendValues;
  }

  /** Copies of what lies on the device. */
  private fetch(entries: readonly Entry[]): (Float32Array | Int32Array)[] {
    this.reads++;
    const wanted = entries.map(({ buffer, length }) => ({
      id: buffer as number,
      bytes: 4 * (length as number),
    }));
    return this.device
      .read(wanted)
      .map((bytes, i) => (entries[i].dtype === 'int32' ? new Int32Array(bytes) : new Float32Array(bytes)));
  }

  /** Runs a CPU kernel of TF.js, whose inputs are copied to the host for that time. */
  borrow<T>(kernel: string, inputs: readonly TensorInfo[], run: () => T): T {
    this.noteBorrowed(kernel, inputs);
    const there = inputs.filter(Boolean);
    const away = [...new Set(there.map(({ dataId }) => this.entry(dataId)))].filter(
      ({ buffer }) => buffer !== undefined,
    );
    if (away.length > 0) for (const [i, values] of this.fetch(away).entries()) away[i].values = values;
    try {
      return run();
    } finally {
      for (const entry of away) delete entry.values;
    }
  }

  /** Makes the kernel calls of a pass ready on the device, to be run again by one command. */
  override link({ instructions }: Recorder<Program>, outputs: StepOutputs): Linked {
    const { device } = this;
    const calls = instructions.map(({ op, words }): Call => {
      const [x, y, ...rest] = words;
      const { length } = op.buffers;
      return { program: op, groups: [x, y], buffers: rest.slice(0, length), params: rest.slice(length) };
    });
    const id = device.record(calls);
    const together = this.join(Object.values(outputs) as unknown as TensorInfo[]);
    return {
      run: () => {
        together.read = undefined;
        device.replay(id);
      },
      dispose: () => device.forget(id),
    };
  }

  /** Has these tensors read together. */
  private join(tensors: readonly TensorInfo[]): Together {
    const entries = [...new Set(tensors.map(({ dataId }) => this.entry(dataId)))];
    const together: Together = {
      entries: entries.filter(({ buffer }) => buffer !== undefined),
      read: undefined,
    };
    for (const entry of together.entries) entry.together = together;
    return together;
  }

  override dispose(): void {
    super.dispose();
    void this.device.dispose();
  }
}

/** A host tensor's values as the words of a buffer. */
function wordsOf({ values, dtype }: Entry, { dtype: wanted }: TensorInfo): Float32Array | Int32Array {
  if (dtype !== wanted || (dtype !== 'float32' && dtype !== 'int32'))
    throw new Error(`engine webgpu: a kernel takes float32 or int32, got ${dtype} as ${wanted}`);
  return values as Float32Array | Int32Array;
}

function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
