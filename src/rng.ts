/**
 * Counter-based random numbers: every value is a pure function of
 * (seed, stream, counter), so nothing depends on call order, threads or batch split.
 *
 * Generator: Philox4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11.
 */

/** Two 32-bit words that name one independent stream. */
export type StreamKey = readonly [number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
/** As published. */
const ROUNDS = 10;

/** High 32 bits of the unsigned product a * b. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle1 = aHigh * bLow + (low >>> 16);
  const middle2 = aLow * bHigh + (middle1 & 0xffff);
  return (aHigh * bHigh + (middle1 >>> 16) + (middle2 >>> 16)) >>> 0;
}

/** Philox of a block of four words, in place. */
function encrypt(block: Uint32Array, key: StreamKey, rounds: number): void {
  let key0 = key[0] >>> 0;
  let key1 = key[1] >>> 0;
  let c0 = block[0];
  let c1 = block[1];
  let c2 = block[2];
  let c3 = block[3];
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ key0) >>> 0;
    c2 = (high0 ^ c3 ^ key1) >>> 0;
    c1 = low1;
    c3 = low0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/**
 * One Philox block: four 32-bit words for a 128-bit counter and a 64-bit key.
 * @param rounds 10 as published; 7 is the fewest that passes BigCrush (table 2 of the paper).
 */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: StreamKey,
  rounds = ROUNDS,
): [number, number, number, number] {
  const block = Uint32Array.from(counter);
  encrypt(block, key, rounds);
  return [block[0], block[1], block[2], block[3]];
}

/** FNV-1a, 32 bit, of a UTF-16 name: only used to turn stream names into counters. */
function hashName(name: string, start: number): number {
  let hash = start;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/**
 * The key of a named stream, e.g. `streamKey(seed, 'noise/conv1')`. The name passes
 * through Philox under the seed, so streams of one seed and seeds of one stream are independent.
 * @param seed non-negative safe integer
 */
export function streamKey(seed: number, name: string): StreamKey {
  const words = philox4x32(
    [hashName(name, 0x811c9dc5), hashName(name, 0x9747b28c), name.length, 0],
    [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0],
  );
  return [words[0], words[1]];
}

/** Uniform on (0, 1) with 23 bits of one word: exact in float32, never 0, never 1. */
export function uniformOf(word: number): number {
  return ((word >>> 9) + 0.5) / 2 ** 23;
}

/** A sequential reader over one stream, for set-up work (initialisation, shuffling). */
export class Stream {
  private readonly words = new Uint32Array(4);
  private blocks = 0;
  private used = 4;

  /** @param step high counter word: e.g. the epoch */
  constructor(
    private readonly key: StreamKey,
    private readonly step = 0,
  ) {}

  /** The next 32-bit word. */
  word(): number {
    if (this.used === 4) this.fill();
    return this.words[this.used++];
  }

  private fill(): void {
    const { words, key } = this;
    words[0] = this.blocks++;
    words[1] = 0;
    words[2] = this.step;
    words[3] = 0;
    encrypt(words, key, ROUNDS);
    this.used = 0;
  }

  /** Uniform on (0, 1), 23 bits. */
  uniform(): number {
    return uniformOf(this.word());
  }

  /** Unbiased integer in [0, bound), bound <= 2^32 (Lemire's rejection on whole words). */
  below(bound: number): number {
    // 2^32 mod bound, in whole numbers, which are divided faster.
    const limit = 2 ** 32 - ((-bound >>> 0) % bound);
    for (;;) {
      const word = this.word();
      if (word < limit) return word % bound;
    }
  }

  /** Standard normal by Box-Muller (cosine branch). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** A Fisher-Yates permutation of 0..n-1 that depends on (key, step) alone. */
export function permutation(n: number, key: StreamKey, step = 0): Int32Array {
  const stream = new Stream(key, step);
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = n - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    const held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
  return order;
}
