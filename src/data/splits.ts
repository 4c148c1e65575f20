import { BayescnnError } from '../errors.js';
import { permutation, streamKey } from '../rng.js';
import type { Dataset, SplitPlan } from './dataset.js';

/** How much of a dataset a run uses. */
export interface SplitOptions {
  /** N: the first N training and the first min(N, all) test images, in archive order; null: everything. */
  readonly subset: null | number | { readonly train: number; readonly test: number };
  /** Training images held out: a count (>= 1) or a fraction (< 1, rounded); 0: none. */
  readonly validation: number;
  readonly seed: number;
}

/**
 * Chooses the image indices of a run. Training and test images are the first of the archive, so that subsets
 * nest; validation images are drawn without replacement from the subset by the stream `validation` of the
 * seed. All three lists are in ascending (archive) order.
 * @throws config error naming both numbers when more is asked than there is
 */
export function planSplits(dataset: Dataset, options: SplitOptions): SplitPlan {
  const trainTotal = dataset.train.labels.length;
  const testTotal = dataset.test.labels.length;
  const { train, test } = subsetSizes(options.subset, trainTotal, testTotal);
  checkCount('data.subset (training images)', train, trainTotal);
  checkCount('data.subset (test images)', test, testTotal);
  const held = validationSize(options.validation, train);
  if (held === 0) return { train: range(train), validation: new Int32Array(0), test: range(test) };
  const drawn = permutation(train, streamKey(options.seed, 'validation'));
  return { train: drawn.slice(held).sort(), validation: drawn.slice(0, held).sort(), test: range(test) };
}

function subsetSizes(subset: SplitOptions['subset'], trainTotal: number, testTotal: number) {
  if (subset === null) return { train: trainTotal, test: testTotal };
  if (typeof subset === 'number') return { train: subset, test: Math.min(subset, testTotal) };
  return subset;
}

function checkCount(where: string, count: number, total: number): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new BayescnnError('config', `${where}: must be a whole number from 1 to ${total}, got ${count}`, {
      hint: 'leave data.subset null to use all images',
    });
  }
  if (count > total) {
    throw new BayescnnError('config', `${where}: at most ${total} images exist, got ${count}`, {
      hint: `ask for ${total} or fewer, or leave data.subset null`,
    });
  }
}

function validationSize(validation: number, train: number): number {
  const held = validation > 0 && validation < 1 ? Math.max(1, Math.round(validation * train)) : validation;
  if (!Number.isInteger(held) || held < 0) {
    throw new BayescnnError(
      'config',
      `data.validation: must be a count or a fraction below 1, got ${validation}`,
      {
        hint: 'e.g. 5000 or 0.1; 0 holds nothing out',
      },
    );
  }
  if (held >= train) {
    throw new BayescnnError(
      'config',
      `data.validation: must leave some of ${train} training images, got ${validation}`,
      {
        hint: `hold out at most ${train - 1} images`,
      },
    );
  }
  return held;
}

function range(n: number): Int32Array {
  const indices = new Int32Array(n);
  for (let i = 0; i < n; i++) indices[i] = i;
  return indices;
}
