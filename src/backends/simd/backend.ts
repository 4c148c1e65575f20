import type { BackendValues, DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Allocator } from '../replay/arena.js';
import type { Recorder } from '../replay/recorder.js';
import { RecordingBackend } from '../replay/recording-backend.js';
import type { SimdEngine } from './engine.js';
import { link, type Recording } from './link.js';
import type { Op } from './opcodes.js';

/** What the storage keeps for a tensor; `address` is set once its values lie in the engine's memory. */
interface Entry {
  values?: BackendValues;
  dtype: DataType;
  refCount: number;
  address?: number;
}

/**
 * A TF.js backend on WebAssembly SIMD. Hot kernels run in the engine; every other op runs in TF.js's own
 * CPU kernels, on views of the same memory. It is not a device: reads are synchronous copies.
 */
export class SimdBackend extends RecordingBackend<Op, Recording> {
  private readonly stores = new WeakMap<Uint8Array, number>();

  constructor(readonly simd: SimdEngine) {
    super();
  }

  private entry(dataId: DataId): Entry {
    return this.data.get(dataId) as Entry;
  }

  protected override get blocks(): Allocator {
    return this.simd.heap;
  }

  /** A new tensor in the engine's memory; its content is undefined. */
  output(shape: number[], dtype: 'float32' | 'int32' = 'float32'): TensorInfo {
    const size = shape.reduce((product, n) => product * n, 1);
    const address = this.allocate(4 * size);
    const { heap } = this.simd;
    const values = dtype === 'float32' ? heap.floats(address, size) : heap.ints(address, size);
    const dataId = {};
    this.data.set(dataId, { values, dtype, refCount: 1, address } as never);
    return { dataId, shape, dtype };
  }

  /** The address of a tensor's values; moves them into the engine's memory at the first call. */
  address(info: TensorInfo): number {
    const entry = this.entry(info.dataId);
    if (entry.address !== undefined) return entry.address;
    const source = entry.values as Float32Array | Int32Array | Uint8Array;
    const { recorder } = this;
    const { heap } = this.simd;
    // What a recording did not make (a variable, an input) outlives it and must not lie in its arena.
    const arena = recorder?.isConstant(info.dataId) ? recorder.arena : undefined;
    const address = arena ? arena.keep(4 * source.length) : heap.allocate(4 * source.length);
    const values =
      entry.dtype === 'float32' ? heap.floats(address, source.length) : heap.ints(address, source.length);
    values.set(source);
    if (arena) recorder?.addUpload(address, heap.bytes(address, 4 * source.length));
    entry.values = values;
    entry.address = address;
    return address;
  }

  /** The address of host bytes that kernels read (a split's images): copied once, or not at all if they lie here. */
  storeAddress(bytes: Uint8Array): number {
    const known = this.stores.get(bytes);
    if (known !== undefined) return known;
    const address = this.simd.heap.hasLent(bytes) ? bytes.byteOffset : this.copyIn(bytes);
    this.stores.set(bytes, address);
    return address;
  }

  private copyIn(bytes: Uint8Array): number {
    const { heap } = this.simd;
    const address = heap.allocate(bytes.length);
    heap.bytes(address, bytes.length).set(bytes);
    return address;
  }

  /** Replaces a tensor's values where they lie. */
  overwrite(dataId: DataId, values: ArrayLike<number>): void {
    const entry = this.entry(dataId);
    (entry.values as Float32Array).set(values);
  }

  /** Runs a kernel on all threads, and records it where a recording is under way. */
  dispatch(op: Op, words: readonly number[], scratchBytes = 0): void {
    this.simd.reserveScratch(scratchBytes);
    this.recorder?.instructions.push({ op, words });
    this.simd.execute(op, words);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = this.data.has(dataId) ? this.entry(dataId) : undefined;
    const gone = super.disposeData(dataId, force);
    if (gone && entry?.address !== undefined) this.release(entry.address);
    return gone;
  }

  override readSync(dataId: DataId): BackendValues {
    this.noteRead(dataId);
    const values = super.readSync(dataId);
    // A copy: the memory behind a disposed tensor is used again.
    return this.entry(dataId).address === undefined ? values : (values as Float32Array).slice();
  }

  /** Runs a CPU kernel of TF.js. */
  borrow<T>(kernel: string, inputs: readonly TensorInfo[], run: () => T): T {
    this.noteBorrowed(kernel, inputs);
    return run();
  }

  /** Writes the kernel calls of a pass into memory as one program. */
  override link(recorder: Recorder<Op>): Recording {
    return link(this.simd, recorder);
  }

  override dispose(): void {
    super.dispose();
    void this.simd.dispose();
  }
}
