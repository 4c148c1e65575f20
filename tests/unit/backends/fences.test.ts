import { describe, expect, it } from 'vitest';
import { fences } from '../../../src/backends/simd/fences.js';
import { Op } from '../../../src/backends/simd/opcodes.js';

const [A, B, C, D, E] = [1000, 2000, 3000, 4000, 5000];
const add = (n: number, a: number, b: number, out: number) => ({ op: Op.Add, words: [n, a, b, 0, 0, out] });
const sgd = (n: number, variable: number, gradient: number, velocity: number) => ({
  op: Op.SgdUpdate,
  words: [n, variable, gradient, velocity, 99, 0, 0, 0, 0, 0],
});
const dense = (x: number, kernel: number, y: number) => ({
  op: Op.DenseForward,
  words: [4, 8, 8, 1, x, kernel, 0, y],
});

describe('where threads meet', () => {
  it('always behind the last instruction', () => {
    expect(fences([add(8, A, B, C)])).toEqual([true]);
    expect(fences([])).toEqual([]);
  });

  it('not between updates of different variables', () => {
    expect(fences([sgd(100, A, B, C), sgd(7, D, E, 6000)])).toEqual([false, true]);
  });

  it('not between instructions that give a thread the same elements', () => {
    expect(fences([add(100, A, B, C), sgd(100, D, C, E)])).toEqual([false, true]);
  });

  it('between instructions that cut the same buffer in different ways', () => {
    expect(fences([add(100, A, B, C), sgd(52, D, C, E)])).toEqual([true, true]);
    expect(fences([dense(A, B, C), dense(C, D, E)])).toEqual([true, true]);
  });

  it('before a buffer is overwritten that others still read', () => {
    expect(fences([dense(A, B, C), dense(D, E, A)])).toEqual([true, true]);
  });

  it('not between readers of one buffer', () => {
    expect(fences([dense(A, B, C), dense(A, D, E)])).toEqual([false, true]);
  });

  it('two instructions apart, too', () => {
    expect(fences([dense(A, B, C), sgd(8, D, E, 6000), dense(C, B, E)])).toEqual([false, true, true]);
  });

  it('behind inference layers, whose work is claimed and counted in one place', () => {
    const inference = (x: number, y: number) => ({
      op: Op.DenseInference,
      words: [200, 8, 8, 1, x, 9, 0, y],
    });
    expect(fences([inference(A, B), inference(B, C)])).toEqual([true, true]);
    expect(fences([inference(A, B), inference(C, D)])).toEqual([true, true]);
    expect(fences([add(8, A, B, C), inference(D, E), sgd(8, A, C, 6000)])).toEqual([false, true, true]);
    const lrt = { op: Op.LrtConvInference, words: [1, 8, 25, D, 0, 1, 2, B, A, 9, 8, 0, 0, 0] };
    expect(fences([lrt, add(8, C, E, 6000)])).toEqual([true, true]);
    const moments = { op: Op.LrtConvMoments, words: [1, 8, A, 9, 8, 0, 0, 0, C] };
    const samples = { op: Op.LrtConvSamples, words: [1, 8, 25, D, 0, 1, 2, B, C] };
    expect(fences([moments, samples])).toEqual([true, true]);
  });

  const conv = (images: number, x: number, filter: number, y: number) => ({
    op: Op.ConvForward,
    words: [1, images, x, filter, 0, y, 0],
  });

  it('not between layers that give a thread the same images', () => {
    expect(fences([conv(4, A, B, C), conv(4, C, D, E)])).toEqual([false, true]);
    expect(fences([conv(4, A, B, C), conv(5, C, D, E)])).toEqual([true, true]);
  });

  it('between a layer that writes images and one that reads the same memory as weights', () => {
    expect(fences([conv(4, A, B, C), conv(4, D, C, E)])).toEqual([true, true]);
  });

  it("between a layer and its filter's gradient only where groups hold several images", () => {
    const gradient = (images: number, groups: number) => ({
      op: Op.ConvGradFilter,
      words: [1, images, groups, Math.ceil(images / groups), A, C, C, C, 0, 0, E, 64],
    });
    expect(fences([conv(4, A, B, C), gradient(4, 4)])).toEqual([false, true]);
    expect(fences([conv(32, A, B, C), gradient(32, 16)])).toEqual([true, true]);
  });

  it('on both sides of an instruction that it knows nothing of', () => {
    const unknown = { op: Op.Peak, words: [0, A] };
    expect(fences([sgd(8, A, B, C), unknown, sgd(8, D, E, 6000)])).toEqual([true, true, true]);
  });
});
