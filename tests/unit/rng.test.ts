import { describe, expect, it } from 'vitest';
import { permutation, philox4x32, Stream, type StreamKey, streamKey, uniformOf } from '../../src/rng.js';

type Counter = [number, number, number, number];

const ONES = 0xffffffff;
const PI: [Counter, StreamKey] = [
  [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
  [0xa4093822, 0x299f31d0],
];

describe('philox4x32', () => {
  // Random123, tests/kat_vectors.
  it.each<[number, Counter, StreamKey, string]>([
    [10, [0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [10, [ONES, ONES, ONES, ONES], [ONES, ONES], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [10, ...PI, 'd16cfe09 94fdcceb 5001e420 24126ea1'],
    [7, [0, 0, 0, 0], [0, 0], '5f6fb709 0d893f64 4f121f81 4f730a48'],
    [7, [ONES, ONES, ONES, ONES], [ONES, ONES], '5207ddc2 45165e59 4d8ee751 8c52f662'],
    [7, ...PI, '4dfccaba 190a87f0 c47362ba b6b5242a'],
  ])('gives the published answer of %i rounds for %j and %j', (rounds, counter, key, answer) => {
    const words = philox4x32(counter, key, rounds);
    expect(words.map((word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(answer);
  });

  it('takes ten rounds where none are named', () => {
    expect(philox4x32(...PI)).toEqual(philox4x32(...PI, 10));
  });

  it('takes signed and unsigned words alike', () => {
    expect(philox4x32([-1, -1, -1, -1], [-1, -1])).toEqual(
      philox4x32([ONES, ONES, ONES, ONES], [ONES, ONES]),
    );
  });

  it('changes half of its output bits with any bit of the counter or the key', () => {
    const [counter, key] = PI;
    const base = philox4x32(counter, key);
    for (let bit = 0; bit < 192; bit++) {
      const input = [...counter, ...key];
      input[bit >> 5] ^= 1 << (bit & 31);
      const other = philox4x32(input.slice(0, 4) as Counter, [input[4], input[5]]);
      const flipped = other.reduce((sum, word, i) => sum + ones(word ^ base[i]), 0);
      // 128 fair coins: 64 +- 5.7; six standard deviations.
      expect(Math.abs(flipped - 64), `bit ${bit}`).toBeLessThan(34);
    }
  });
});

function ones(word: number): number {
  return (word >>> 0).toString(2).replaceAll('0', '').length;
}

describe('uniformOf', () => {
  it('lies strictly between 0 and 1, and is exact in float32', () => {
    for (const word of [0, 1, 511, 512, 0x7fffffff, 0x80000000, 0xfffffe00, ONES, -1]) {
      const value = uniformOf(word);
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(1);
      expect(Math.fround(value)).toBe(value);
    }
    expect(uniformOf(0)).toBe(2 ** -24);
    expect(uniformOf(ONES)).toBe(1 - 2 ** -24);
  });

  it('grows with the word, by equal steps of 512', () => {
    expect(uniformOf(511)).toBe(uniformOf(0));
    expect(uniformOf(512) - uniformOf(0)).toBe(2 ** -23);
    expect(uniformOf(0x80000000) - uniformOf(0x7fffffff)).toBe(2 ** -23);
  });
});

describe('streamKey', () => {
  it('differs for every name and seed, high words of the seed and repeated letters included', () => {
    const names = ['', 'a', 'aa', 'b', 'noise/conv1', 'noise/conv2', 'conv1/noise', 'shuffle', 'ä', 'Ā'];
    const seeds = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const keys = seeds.flatMap((seed) => names.map((name) => streamKey(seed, name).join()));
    expect(new Set(keys).size).toBe(seeds.length * names.length);
  });

  it('is the same in every version, so that a seed names the same run', () => {
    expect([streamKey(0, 'shuffle'), streamKey(2 ** 40 + 7, 'noise/conv1')]).toMatchInlineSnapshot(`
      [
        [
          3307832580,
          2977025103,
        ],
        [
          2273773122,
          1063121649,
        ],
      ]
    `);
  });

  it('gives streams without correlation', () => {
    const n = 20_000;
    const centred = (key: StreamKey, step = 0) => {
      const stream = new Stream(key, step);
      return Array.from({ length: n }, () => Math.sqrt(12) * (stream.uniform() - 0.5));
    };
    const streams = [
      centred(streamKey(0, 'shuffle')),
      centred(streamKey(0, 'init/conv1')),
      centred(streamKey(0, 'init/conv2')),
      centred(streamKey(1, 'shuffle')),
      centred(streamKey(2 ** 32, 'shuffle')),
      centred(streamKey(0, 'shuffle'), 1),
    ];
    for (const [i, a] of streams.entries()) {
      expect(Math.abs(mean(a)), `mean of ${i}`).toBeLessThan(4 / Math.sqrt(n));
      for (const [j, b] of streams.slice(0, i).entries()) {
        const correlation = mean(a.map((value, k) => value * b[k]));
        expect(Math.abs(correlation), `${i} and ${j}`).toBeLessThan(4 / Math.sqrt(n));
      }
    }
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('Stream', () => {
  const key = streamKey(9, 'test');

  it('reads the words of blocks 0, 1, 2 of its step in order', () => {
    const stream = new Stream(key, 5);
    const words = Array.from({ length: 12 }, () => stream.word());
    expect(words).toEqual([0, 1, 2].flatMap((block) => philox4x32([block, 0, 5, 0], key)));
  });

  it('draws integers below a bound with equal chances', () => {
    const stream = new Stream(key);
    const counts = new Array<number>(7).fill(0);
    const n = 70_000;
    for (let i = 0; i < n; i++) counts[stream.below(7)]++;
    const expected = n / 7;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 6 degrees of freedom: 24.1 is passed once in 2,000.
    expect(chiSquare).toBeLessThan(24.1);
  });

  it.each([1, 2, 3, 2 ** 31, 2 ** 32 - 1, 2 ** 32])('stays below %i', (bound) => {
    const stream = new Stream(key);
    for (let i = 0; i < 1000; i++) {
      const value = stream.below(bound);
      expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
    }
  });

  it('draws normals with the right first four moments', () => {
    const stream = new Stream(key);
    const n = 100_000;
    const values = Array.from({ length: n }, () => stream.normal());
    const moments = [1, 2, 3, 4].map((power) => mean(values.map((value) => value ** power)));
    // Standard errors: sqrt of (the moment of twice the order - its square) / n.
    const wanted = [
      [0, 1],
      [1, 2],
      [0, 15],
      [3, 96],
    ];
    for (const [i, [value, variance]] of wanted.entries())
      expect(Math.abs(moments[i] - value), `moment ${i + 1}`).toBeLessThan(4 * Math.sqrt(variance / n));
  });
});

describe('permutation', () => {
  const key = streamKey(0, 'shuffle');

  it.each([0, 1, 2, 17, 50_000])('of %i holds every index once', (n) => {
    const order = permutation(n, key);
    expect(order).toHaveLength(n);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  it('depends on key and step alone', () => {
    const first = permutation(100, key, 3);
    permutation(10, key, 1);
    expect(permutation(100, key, 3)).toEqual(first);
    expect(permutation(100, key, 4)).not.toEqual(first);
    expect(permutation(100, streamKey(1, 'shuffle'), 3)).not.toEqual(first);
  });

  it('puts every index at every place equally often', () => {
    const [n, draws] = [5, 20_000];
    const counts = Array.from({ length: n * n }, () => 0);
    for (let step = 0; step < draws; step++)
      for (const [place, index] of permutation(n, key, step).entries()) counts[n * place + index]++;
    const expected = draws / n;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // (n - 1)^2 = 16 degrees of freedom: 39.3 is passed once in 1,000.
    expect(chiSquare).toBeLessThan(39.3);
  });
});
