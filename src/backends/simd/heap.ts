import { BayescnnError } from '../../errors.js';
import type { Allocator } from '../replay/arena.js';

const PAGE = 65536;
/** Room behind every block, for kernels that read whole vectors past the end: all zeros. */
const SLACK = 64;
/** Pages that the build allows (`--maximumMemory`): 2 GiB, so that an address fits a positive int32. */
export const MAXIMUM_PAGES = 32768;
const ALIGNMENT = 64;

/** The engine's shared memory: blocks of exact size classes, 64-byte aligned, reused by class. */
export class Heap implements Allocator {
  readonly memory: WebAssembly.Memory;
  private readonly freeBySize = new Map<number, number[]>();
  private readonly sizeOf = new Map<number, number>();
  private readonly lent = new WeakSet<Uint8Array>();
  private top = PAGE;
  private used = 0;

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 64, maximum: MAXIMUM_PAGES, shared: true });
  }

  /** Bytes in blocks that are in use. */
  get usedBytes(): number {
    return this.used;
  }

  /** @throws BayescnnError 'engine' when the memory is full */
  allocate(bytes: number): number {
    // One such request would make every later address NaN.
    if (!(bytes >= 0)) throw new Error(`heap: a size must be 0 or more, got ${bytes}`);
    const size = Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    const address = this.freeBySize.get(size)?.pop() ?? this.extend(size);
    // A block's former user may have had a little more of it, and new memory is zero anyway: 64 to 127 bytes.
    this.bytes(address + bytes, size - bytes).fill(0);
    this.sizeOf.set(address, size);
    this.used += size;
    return address;
  }

  free(address: number): void {
    const size = this.sizeOf.get(address);
    if (size === undefined) throw new Error(`heap: block ${address} is not in use`);
    this.sizeOf.delete(address);
    this.used -= size;
    const list = this.freeBySize.get(size);
    if (list) list.push(address);
    else this.freeBySize.set(size, [address]);
  }

  /** Bytes for a data set, so that the engine reads them where they lie. Never freed. */
  lend(length: number): Uint8Array {
    const bytes = this.bytes(this.allocate(length), length);
    this.lent.add(bytes);
    return bytes;
  }

  /** Whether these very bytes were lent here. */
  hasLent(bytes: Uint8Array): boolean {
    return this.lent.has(bytes);
  }

  private extend(size: number): number {
    const address = this.top;
    const end = address + size;
    const missing = Math.ceil(end / PAGE) - this.memory.buffer.byteLength / PAGE;
    if (missing > 0) this.grow(missing, size);
    this.top = end;
    return address;
  }

  private grow(pages: number, wanted: number): void {
    // A quarter more than asked keeps the number of calls small.
    const generous = Math.max(pages, Math.floor(this.memory.buffer.byteLength / PAGE / 4));
    for (const count of [generous, pages]) {
      try {
        this.memory.grow(count);
        return;
      } catch {
        // Try the exact number before giving up.
      }
    }
    const megabytes = Math.round(this.memory.buffer.byteLength / 2 ** 20);
    throw new BayescnnError(
      'engine',
      `engine simd: out of memory, got a request for ${wanted} bytes with ${megabytes} MiB in use`,
      {
        hint: 'use a smaller train.batchSize or eval.batchSize (the engine has at most 2 GiB)',
      },
    );
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  ints(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }
}
