/** Where blocks of memory come from, by number: an engine's heap or pool, or the arena of a recording. */
export interface Allocator {
  allocate(bytes: number): number;
  free(address: number): void;
}

/**
 * The blocks of one recording. After `rewind` the same sequence of requests gets the same addresses,
 * which is what makes two recordings of one step comparable word by word.
 */
export class Arena implements Allocator {
  private readonly owned = new Map<number, number>();
  private readonly fresh = new Map<number, number[]>();
  private readonly next = new Map<number, number>();
  private readonly idle = new Map<number, number[]>();
  private readonly kept = new Set<number>();

  constructor(private readonly heap: Allocator) {}

  owns(address: number): boolean {
    return this.owned.has(address);
  }

  allocate(bytes: number): number {
    return this.idle.get(bytes)?.pop() ?? this.unused(bytes);
  }

  /**
   * A block that this pass shares with nothing else, freed or not: for a constant, which a replay reads
   * but does not write again.
   */
  keep(bytes: number): number {
    const address = this.unused(bytes);
    this.kept.add(address);
    return address;
  }

  private unused(bytes: number): number {
    const known = this.fresh.get(bytes) ?? [];
    this.fresh.set(bytes, known);
    const index = this.next.get(bytes) ?? 0;
    this.next.set(bytes, index + 1);
    if (index < known.length) return known[index];
    const address = this.heap.allocate(bytes);
    known.push(address);
    this.owned.set(address, bytes);
    return address;
  }

  free(address: number): void {
    if (this.kept.has(address)) return;
    const bytes = this.owned.get(address) as number;
    const list = this.idle.get(bytes);
    if (list) list.push(address);
    else this.idle.set(bytes, [address]);
  }

  /** Forgets what is in use: the next requests start from the first block again. */
  rewind(): void {
    this.next.clear();
    this.idle.clear();
    this.kept.clear();
  }

  dispose(): void {
    for (const address of this.owned.keys()) this.heap.free(address);
    this.owned.clear();
  }
}
