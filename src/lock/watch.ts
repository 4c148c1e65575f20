import { isAlive } from './holder.js';
import type { Found } from './lock-file.js';

/** Tells by looking again and again whether the holder of a lock lives. */
export class Watch {
  private seen: Found | undefined;
  private since = 0;
  private moved = false;

  /** @param silence milliseconds without a sign of life after which a holder that cannot be seen counts as dead */
  constructor(private readonly silence: number) {}

  /**
   * `unknown` until a holder on another machine has given a sign, or has been silent for long enough under these very
   * eyes: clocks of two machines are never compared.
   */
  look(found: Found): 'alive' | 'dead' | 'unknown' {
    const alive = found.holder === null ? undefined : isAlive(found.holder);
    if (alive !== undefined) return alive ? 'alive' : 'dead';
    const now = performance.now();
    if (found.id !== this.seen?.id || found.sign !== this.seen.sign) {
      this.moved = found.id === this.seen?.id;
      this.seen = found;
      this.since = now;
    } else if (now - this.since > this.silence) return 'dead';
    return this.moved ? 'alive' : 'unknown';
  }
}
