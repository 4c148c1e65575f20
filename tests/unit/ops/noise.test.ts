import { beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, tf } from '../../../src/backends/tfjs.js';
import { normalsInto, philoxInto, standardNormal } from '../../../src/ops/noise.js';
import { philox4x32, Stream, streamKey, uniformOf } from '../../../src/rng.js';

beforeAll(async () => {
  await loadTfjs();
  await tf.setBackend('cpu');
});

describe('philoxInto', () => {
  it("gives Philox4x32-7's published vectors", () => {
    // Random123, kat_vectors.
    const words = new Int32Array(4);
    philoxInto(words, 0, 0, 0, 0, [0, 0]);
    expect([...words].map((w) => w >>> 0)).toEqual([0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48]);
    philoxInto(words, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, [0xa4093822, 0x299f31d0]);
    expect([...words].map((w) => w >>> 0)).toEqual([0x4dfccaba, 0x190a87f0, 0xc47362ba, 0xb6b5242a]);
  });

  it('equals philox4x32 on random counters and keys', () => {
    const stream = new Stream(streamKey(5, 'philox'));
    const words = new Int32Array(4);
    for (let i = 0; i < 500; i++) {
      const [a, b, c, d, k0, k1] = Array.from({ length: 6 }, () => stream.word());
      philoxInto(words, a, b, c, d, [k0, k1]);
      expect([...words].map((w) => w >>> 0)).toEqual(philox4x32([a, b, c, d], [k0, k1], 7));
    }
  });
});

/** The definition, element by element. */
function normalAt(
  e: number,
  image: number,
  step: number,
  sample: number,
  key: readonly [number, number],
): number {
  const [g, r] = [Math.floor(e / 16), e % 16];
  const [j, lane] = [Math.floor(r / 4), r % 4];
  const words = philox4x32([4 * g + lane, image, step, sample], key, 7);
  const pair = j < 2 ? 0 : 2;
  const radius = Math.sqrt(-2 * Math.log(uniformOf(words[pair])));
  // Bit 31 turns by half a circle; the others are signed: from -pi/2 to pi/2.
  const turn = words[pair + 1] >= 2 ** 31 ? Math.PI : 0;
  const low = words[pair + 1] % 2 ** 31;
  const angle = turn + (Math.PI * (low < 2 ** 30 ? low : low - 2 ** 31)) / 2 ** 31;
  return Math.fround(radius * (j % 2 === 0 ? Math.cos(angle) : Math.sin(angle)));
}

describe('standard normals', () => {
  const key = streamKey(1, 'noise/conv1');

  it.each([1, 3, 10, 16, 17, 35])('follow the definition for %i values an image', (perImage) => {
    const out = new Float32Array(3 * perImage);
    normalsInto(out, perImage, 3, [7, 2, 100, 0], key);
    const wanted = Array.from(out, (_, i) =>
      normalAt(i % perImage, 100 + Math.floor(i / perImage), 7, 2, key),
    );
    expect([...out]).toEqual(wanted);
  });

  it('do not depend on how a batch is split', () => {
    const whole = new Float32Array(6 * 20);
    normalsInto(whole, 20, 6, [3, 0, 0, 0], key);
    const part = new Float32Array(2 * 20);
    normalsInto(part, 20, 2, [3, 0, 4, 0], key);
    expect([...part]).toEqual([...whole.subarray(80)]);
  });

  it('are shared by images whose numbers agree but for the shared bits', () => {
    const shared = new Float32Array(6 * 20);
    normalsInto(shared, 20, 6, [3, 0, 5, 2], key);
    const draws = new Float32Array(2 * 20);
    normalsInto(draws, 20, 2, [3, 0, 1, 0], key);
    const [first, second] = [draws.subarray(0, 20), draws.subarray(20)];
    // Images 5, 6, 7 and 8, 9, 10.
    expect([...shared]).toEqual([first, first, first, second, second, second].flatMap((row) => [...row]));
  });

  it('have mean 0, variance 1, and are independent between layers, images, steps and samples', () => {
    const n = 20000;
    const draw = (name: string, clock: number[]) => {
      const out = new Float32Array(n);
      normalsInto(out, n, 1, clock, streamKey(1, name));
      return out;
    };
    const base = draw('noise/conv1', [0, 0, 0, 0]);
    const mean = base.reduce((a, b) => a + b, 0) / n;
    const variance = base.reduce((a, b) => a + b * b, 0) / n;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    const others = [
      draw('noise/conv2', [0, 0, 0, 0]),
      draw('noise/conv1', [1, 0, 0, 0]),
      draw('noise/conv1', [0, 1, 0, 0]),
      draw('noise/conv1', [0, 0, 1, 0]),
    ];
    for (const other of others) {
      const correlation = other.reduce((sum, value, i) => sum + value * base[i], 0) / n;
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n));
    }
    const lag = base.subarray(1).reduce((sum, value, i) => sum + value * base[i], 0) / n;
    expect(Math.abs(lag)).toBeLessThan(4 / Math.sqrt(n));
  });

  it('refuse a clock of another type', () => {
    const clock = tf.tensor1d([0, 0, 0, 0]);
    expect(() => standardNormal([2, 3], clock, key)).toThrow(/clock must be int32 \[4\], got float32/);
  });
});
