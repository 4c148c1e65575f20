import { describe, expect, it } from 'vitest';
import {
  type Dataset,
  epochBatches,
  IMAGE_BYTES,
  planSplits,
  sequentialBatches,
} from '../../../src/data/index.js';
import { streamKey } from '../../../src/rng.js';
import { failureOf } from './support.js';

const split = (n: number) => ({ images: new Uint8Array(n * IMAGE_BYTES), labels: new Uint8Array(n) });
const dataset: Dataset = { train: split(100), test: split(20), classNames: [], sha256: '', origin: '' };
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const everything = { subset: null, validation: 0, seed: 0 };

describe('planSplits', () => {
  it('uses everything by default', () => {
    const plan = planSplits(dataset, everything);
    expect([...plan.train]).toEqual(upTo(100));
    expect([...plan.test]).toEqual(upTo(20));
    expect(plan.validation).toHaveLength(0);
  });

  it.each([
    [50, 50, 20],
    [7, 7, 7],
    [100, 100, 20],
    [{ train: 30, test: 5 }, 30, 5],
  ])('takes the first images of the archive for subset %j', (subset, train, test) => {
    const plan = planSplits(dataset, { ...everything, subset });
    expect([...plan.train]).toEqual(upTo(train));
    expect([...plan.test]).toEqual(upTo(test));
  });

  it.each([
    [{ subset: 101 }, ['100', '101']],
    [{ subset: { train: 10, test: 21 } }, ['20', '21']],
    [{ subset: 0 }, ['0']],
    [{ subset: 1.5 }, ['1.5']],
    [{ validation: 100 }, ['100']],
    [{ subset: 10, validation: 10 }, ['10']],
    [{ validation: -1 }, ['-1']],
    [{ validation: 2.5 }, ['2.5']],
    [{ validation: Number.NaN }, ['NaN']],
    [{ validation: 0.999 }, ['0.999', '100']],
  ])('refuses %j as a config error naming the numbers', async (change, numbers) => {
    const error = await failureOf(() => planSplits(dataset, { ...everything, ...change }));
    expect(error.exitCode).toBe(2);
    for (const number of numbers) expect(error.message).toContain(number);
  });

  it.each([
    [10, 10],
    [0.25, 25],
    [0.001, 1],
    [99, 99],
  ])('holds out %d as %i training images without overlap', (validation, held) => {
    const { train, validation: out } = planSplits(dataset, { ...everything, validation });
    expect(out).toHaveLength(held);
    expect([...train, ...out].sort((a, b) => a - b)).toEqual(upTo(100));
    expect([...out]).toEqual([...out].sort((a, b) => a - b));
  });

  it('draws the validation images by the seed, not as a prefix', () => {
    const draw = (seed: number) => [
      ...planSplits(dataset, { ...everything, validation: 20, seed }).validation,
    ];
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1)).not.toEqual(upTo(20));
  });
});

describe('batches', () => {
  const indices = Int32Array.from({ length: 23 }, (_, i) => 3 * i + 1);
  const key = streamKey(5, 'shuffle');
  const flat = (batches: Iterable<Int32Array>) => [...batches].flatMap((batch) => [...batch]);

  it('shuffles every image once an epoch and keeps the short last batch', () => {
    const batches = [...epochBatches(indices, 5, key, 1)];
    expect(batches.map((batch) => batch.length)).toEqual([5, 5, 5, 5, 3]);
    expect(flat(batches).sort((a, b) => a - b)).toEqual([...indices]);
    expect(flat(batches)).not.toEqual([...indices]);
  });

  it('depends on key and epoch alone, not on the batch size', () => {
    const order = flat(epochBatches(indices, 5, key, 1));
    expect(flat(epochBatches(indices, 5, key, 1, 3))).toEqual(order.slice(15));
    expect(flat(epochBatches(indices, 8, key, 1))).toEqual(order);
    expect(flat(epochBatches(indices, 5, key, 2))).not.toEqual(order);
    expect(flat(epochBatches(indices, 5, streamKey(6, 'shuffle'), 1))).not.toEqual(order);
  });

  it('keeps the order of sequential batches', () => {
    expect([...sequentialBatches(indices, 10)].map((batch) => batch.length)).toEqual([10, 10, 3]);
    expect(flat(sequentialBatches(indices, 10))).toEqual([...indices]);
    expect([...sequentialBatches(new Int32Array(0), 10)]).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a batch size of %d', async (size) => {
    expect((await failureOf(() => [...epochBatches(indices, size, key, 1)])).exitCode).toBe(2);
    expect((await failureOf(() => [...sequentialBatches(indices, size)])).exitCode).toBe(2);
  });
});
