import type { Device } from './device.js';

/** Sizes are multiples of so many bytes; a binding must not be empty. */
const UNIT = 64;
/** Bytes that may lie idle. */
const MOST_IDLE = 2 ** 29;

/** The device's buffers, by number: of exact size classes, used again by class. */
export class Pool {
  private readonly idle = new Map<number, number[]>();
  private readonly sizes = new Map<number, number>();
  private idleBytes = 0;
  private used = 0;

  constructor(private readonly device: Device) {}

  /** Bytes in buffers that are in use. */
  get usedBytes(): number {
    return this.used;
  }

  allocate(bytes: number): number {
    const size = UNIT * Math.max(1, Math.ceil(bytes / UNIT));
    const known = this.idle.get(size)?.pop();
    if (known !== undefined) this.idleBytes -= size;
    const id = known ?? this.device.create(size);
    this.sizes.set(id, size);
    this.used += size;
    return id;
  }

  free(id: number): void {
    const size = this.sizes.get(id);
    if (size === undefined) throw new Error(`pool: buffer ${id} is not in use`);
    this.sizes.delete(id);
    this.used -= size;
    const list = this.idle.get(size);
    if (list) list.push(id);
    else this.idle.set(size, [id]);
    this.idleBytes += size;
    if (this.idleBytes > MOST_IDLE) this.clear();
  }

  /** Gives all idle buffers back to the device. */
  private clear(): void {
    for (const list of this.idle.values()) for (const id of list) this.device.destroy(id);
    this.idle.clear();
    this.idleBytes = 0;
  }
}
