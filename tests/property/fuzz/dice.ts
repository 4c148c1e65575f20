import { Stream, streamKey } from '../../../src/rng.js';

/** Random choices of one case: a pure function of (seed, target, case), so that any case can be run again alone. */
export class Dice {
  private readonly stream: Stream;

  constructor(seed: number, target: string, index: number) {
    this.stream = new Stream(streamKey(seed, `fuzz/${target}`), index);
  }

  /** A whole number in [0, bound). */
  below(bound: number): number {
    return this.stream.below(bound);
  }

  /** A whole number in [least, most]. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True in one of `n` cases. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  bytes(length: number): Buffer {
    return Buffer.from(Uint8Array.from({ length }, () => this.below(256)));
  }

  /** Mostly near zero or near a power of two, where limits lie. */
  oddNumber(): number {
    const sign = this.oneIn(6) ? -1 : 1;
    if (this.oneIn(3)) return sign * this.below(5);
    return sign * (2 ** this.below(64) + this.between(-1, 1));
  }
}
