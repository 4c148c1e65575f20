import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heap } from '../../src/backends/simd/heap.js';
import { type SimdBackend, startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { noiseSource, Training } from './training.js';

/** The slack that no tensor ever fills: 64 bytes, as in `heap.ts`. */
const SLACK = 64;

describe('a block of the heap', () => {
  it('has zeros behind its end, whoever had it before', () => {
    const heap = new Heap();
    const large = heap.allocate(64);
    heap.bytes(large, 64).fill(0xff);
    heap.free(large);
    const small = heap.allocate(12);
    expect(small, 'the test needs the same block').toBe(large);
    expect([...heap.bytes(small + 12, 116)]).toEqual(new Array(116).fill(0));
  });
});

describe.each(['none', 'conv', 'all'] as const)('training, bayesian: %s', (bayesian) => {
  const source = noiseSource();
  let backend: SimdBackend;
  beforeEach(async () => {
    await loadTfjs();
    backend = await startSimd(2, false);
    // Eager steps take and give back many blocks each.
    vi.spyOn(backend, 'replay').mockReturnValue(undefined as never);
  });
  afterEach(() => tf.removeBackend('simd'));

  function bits(): Record<string, string> {
    const training = new Training(bayesian, source);
    training.run([4, 7, 4, 7, 5]);
    const all = training.bits();
    training.dispose();
    return all;
  }

  it.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['-3', -3],
  ])('does not depend on leftovers in memory: %s', (_name, leftover) => {
    const clean = bits();
    const { heap } = backend.simd;
    const free = heap.free.bind(heap);
    const sizes = (heap as unknown as { sizeOf: Map<number, number> }).sizeOf;
    const freed = vi.spyOn(heap, 'free').mockImplementation((address) => {
      heap.floats(address, ((sizes.get(address) as number) - SLACK) / 4).fill(leftover);
      free(address);
    });
    // The first one fills the heap with leftovers, the second one works on them.
    bits();
    expect(freed).toHaveBeenCalled();
    expect(bits()).toEqual(clean);
  });
});
