import { describe, expect, it } from 'vitest';
import { drawTransforms } from '../../../src/data/index.js';
import { streamKey } from '../../../src/rng.js';

const key = streamKey(7, 'augment');
const images = Int32Array.from({ length: 5000 }, (_, i) => 3 * i);
const both = drawTransforms(images, ['crop', 'flip'], key, 2);

/** One of the three numbers, of every image. */
const column = (transforms: Int32Array, which: number) => transforms.filter((_, i) => i % 3 === which);

describe('drawTransforms', () => {
  it('depends on the image, not on its batch or its place there', () => {
    for (const [from, to] of [
      [0, 1],
      [1, 130],
      [4000, 5000],
    ]) {
      const part = drawTransforms(images.slice(from, to), ['crop', 'flip'], key, 2);
      expect([...part]).toEqual([...both.subarray(3 * from, 3 * to)]);
    }
    const backwards = drawTransforms(images.toReversed(), ['flip', 'crop'], key, 2);
    expect([...backwards.subarray(0, 3)]).toEqual([...both.subarray(-3)]);
  });

  it('is new in every epoch and for every seed', () => {
    for (const other of [
      drawTransforms(images, ['crop', 'flip'], key, 3),
      drawTransforms(images, ['crop', 'flip'], streamKey(8, 'augment'), 2),
    ]) {
      const same = [...other].filter((value, i) => value === both[i]).length;
      // By chance: 1/9, 1/9 and 1/2 of the numbers.
      expect(same / both.length).toBeCloseTo((1 / 9 + 1 / 9 + 1 / 2) / 3, 1);
    }
  });

  it('has no part that was not asked for, and leaves the others alone', () => {
    const crop = drawTransforms(images, ['crop'], key, 2);
    const flip = drawTransforms(images, ['flip'], key, 2);
    expect(Math.max(...column(crop, 2))).toBe(0);
    expect([...column(crop, 0)]).toEqual([...column(both, 0)]);
    for (const which of [0, 1]) expect(column(flip, which).some((value) => value !== 0)).toBe(false);
    expect([...column(flip, 2)]).toEqual([...column(both, 2)]);
    expect(drawTransforms(images, [], key, 2).some((value) => value !== 0)).toBe(false);
  });

  it('is uniform: chi-squared below its 99.99 % point, moves and flips', () => {
    const chi2 = (counts: number[]) => {
      const expected = images.length / counts.length;
      return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    };
    for (const which of [0, 1]) {
      const moves = column(both, which);
      expect([Math.min(...moves), Math.max(...moves)]).toEqual([-4, 4]);
      // 8 degrees of freedom
      expect(
        chi2(Array.from({ length: 9 }, (_, i) => moves.filter((move) => move === i - 4).length)),
      ).toBeLessThan(31.8);
    }
    const flips = column(both, 2);
    expect(chi2([0, 1].map((side) => flips.filter((flip) => flip === side).length))).toBeLessThan(15.1);
    // All 162 combinations occur, about evenly: 161 degrees of freedom.
    const cells = new Array<number>(162).fill(0);
    for (let i = 0; i < images.length; i++)
      cells[((both[3 * i] + 4) * 9 + both[3 * i + 1] + 4) * 2 + both[3 * i + 2]]++;
    expect(chi2(cells)).toBeLessThan(235);
  });
});
