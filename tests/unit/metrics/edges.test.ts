import { describe, expect, it } from 'vitest';
import { BayescnnError } from '../../../src/errors.js';
import {
  accuracy,
  auroc,
  brierScore,
  calibration,
  entropies,
  expectedCalibrationError,
  meanProbabilities,
  negativeLogLikelihood,
  predictions,
  softmax,
  uncertainty,
} from '../../../src/metrics/index.js';

function failure(run: () => unknown): BayescnnError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(BayescnnError);
    return error as BayescnnError;
  }
  throw new Error('expected an error');
}

describe('softmax', () => {
  it('does not overflow or lose a shift', () => {
    const shifted = softmax([1000, 1001, 1002], 3);
    expect([...shifted]).toEqual([...softmax([0, 1, 2], 3)]);
    expect(shifted.reduce((a, b) => a + b)).toBeCloseTo(1, 15);
  });

  it('gives a logit of -Infinity probability 0', () => {
    expect([...softmax([0, -Infinity], 2)]).toEqual([1, 0]);
  });

  it.each([[Number.NaN], [Infinity]])('names a logit of %s', (bad) => {
    const error = failure(() => softmax([0, 0, 0, bad], 2));
    expect(error.message).toBe(`softmax: image 1 must have finite logits, got ${bad}`);
    expect(error.hint).toContain('learningRate');
  });

  it('rejects a row of -Infinity alone', () => {
    expect(failure(() => softmax([-Infinity, -Infinity], 2)).message).toContain('got -Infinity');
  });
});

describe('negative log-likelihood', () => {
  it('stays finite where the probability underflows to 0', () => {
    expect(meanProbabilities([[0, -2000]], 2)[1]).toBe(0);
    expect(negativeLogLikelihood([[0, -2000]], [1], 2)).toBe(2000);
  });

  it('averages underflowing samples in probability', () => {
    // log((e^-2000 + e^-2001) / 2), in closed form.
    const want = 2000 - Math.log1p(Math.exp(-1)) + Math.LN2;
    expect(
      negativeLogLikelihood(
        [
          [0, -2000],
          [0, -2001],
        ],
        [1],
        2,
      ),
    ).toBeCloseTo(want, 10);
  });

  it('takes probabilities into the mean, never logits', () => {
    const p = (1 / (1 + Math.exp(-4)) + 1 / (1 + Math.exp(2))) / 2;
    expect(
      negativeLogLikelihood(
        [
          [4, 0],
          [-2, 0],
        ],
        [0],
        2,
      ),
    ).toBeCloseTo(-Math.log(p), 14);
    expect(
      meanProbabilities(
        [
          [4, 0],
          [-2, 0],
        ],
        2,
      )[0],
    ).toBeCloseTo(p, 15);
  });

  it('is infinite for a label that every sample excludes', () => {
    expect(negativeLogLikelihood([[0, -Infinity]], [1], 2)).toBe(Infinity);
  });
});

describe('one class', () => {
  it('is certain and right', () => {
    const logits = [[3, -7]];
    expect(accuracy(meanProbabilities(logits, 1), [0, 0], 1)).toBe(1);
    expect(negativeLogLikelihood(logits, [0, 0], 1)).toBe(0);
    expect(brierScore(logits, [0, 0], 1)).toBe(0);
    expect([...uncertainty(logits, 1).predictive]).toEqual([0, 0]);
  });
});

describe('ties', () => {
  it('predicts the first of equal classes', () => {
    expect([...predictions([0.5, 0.5, 0.2, 0.2], 2)]).toEqual([0, 0]);
  });

  it('counts a tied pair as half a win', () => {
    expect(auroc([1, 1], [1, 1, 1])).toBe(0.5);
    expect(auroc([0, 1], [1, 2])).toBe(0.875);
  });
});

describe('AUROC', () => {
  it('is 1 for a clean split, 0 for the reverse, and takes infinities', () => {
    expect(auroc([-Infinity, 1], [2, Infinity])).toBe(1);
    expect(auroc([2, 3], [0, 1])).toBe(0);
  });

  it('equals the count over all pairs', () => {
    const low = [3, 1, 4, 1, 5, 9, 2, 6];
    const high = [5, 3, 5, 8, 9, 7, 9];
    let wins = 0;
    for (const a of low) for (const b of high) wins += b > a ? 1 : b === a ? 0.5 : 0;
    expect(auroc(low, high)).toBe(wins / (low.length * high.length));
  });

  it('leaves its input in order', () => {
    const scores = Float64Array.of(3, 1, 2);
    auroc(scores, scores);
    expect([...scores]).toEqual([3, 1, 2]);
  });
});

describe('calibration', () => {
  it('takes confidences of exactly 0 and 1', () => {
    const bins = calibration([0, 1], [0, 1]).bins();
    expect(bins).toHaveLength(15);
    expect(bins[0]).toMatchObject({ low: 0, count: 1, confidence: 0, accuracy: 0 });
    expect(bins[14]).toMatchObject({ high: 1, count: 1, confidence: 1, accuracy: 1 });
    expect(expectedCalibrationError([0, 1], [0, 1])).toBe(0);
    expect(expectedCalibrationError([0, 1], [1, 0])).toBe(1);
  });

  it('takes a mean of softmaxes that rounds above 1', () => {
    expect(expectedCalibrationError([1 + Number.EPSILON], [true])).toBeCloseTo(0, 15);
  });

  it('weighs bins by their share', () => {
    // Bin of 0.9: 3 images, 2 right; bin of 0.1: 1 image, wrong.
    const ece = expectedCalibrationError([0.9, 0.9, 0.9, 0.1], [true, true, false, false]);
    expect(ece).toBeCloseTo((0.7 + 0.1) / 4, 14);
  });

  it.each([[-0.1], [1.1], [Number.NaN]])('rejects a confidence of %s', (confidence) => {
    expect(failure(() => calibration([confidence], [true])).message).toContain(`got ${confidence}`);
  });
});

describe('entropy', () => {
  it('is 0 for certainty and log(classes) for a uniform row', () => {
    const [certain, uniform] = entropies([1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25], 4);
    expect(certain).toBe(0);
    expect(uniform).toBeCloseTo(Math.log(4), 15);
  });

  it('puts the disagreement of certain samples into mutual information', () => {
    const split = uncertainty(
      [
        [800, 0],
        [0, 800],
      ],
      2,
    );
    expect(split.expected[0]).toBe(0);
    expect(split.mutualInformation[0]).toBeCloseTo(Math.LN2, 14);
  });

  it('finds no mutual information in a single sample, nor below 0 in equal ones', () => {
    const row = [0.3, -1.7, 2.2];
    expect(uncertainty([row], 3).mutualInformation[0]).toBe(0);
    const equal = uncertainty([row, row, row], 3).mutualInformation[0];
    expect(equal).toBeGreaterThanOrEqual(0);
    expect(equal).toBeLessThan(1e-14);
  });
});

describe('wrong input', () => {
  it.each([
    ['softmax', () => softmax([], 3), 'softmax: needs at least one image, got none'],
    ['entropies', () => entropies([], 3), 'entropies: needs at least one image, got none'],
    ['accuracy', () => accuracy([], [], 3), 'predictions: needs at least one image, got none'],
    [
      'no sample',
      () => negativeLogLikelihood([], [], 3),
      'negativeLogLikelihood: needs at least one posterior sample, got none',
    ],
    ['ECE', () => expectedCalibrationError([], []), 'Calibration: needs at least one image, got none'],
    ['AUROC', () => auroc([], [1]), 'auroc: needs at least one of the negatives, got none'],
    ['AUROC of NaN', () => auroc([1], [Number.NaN]), 'auroc: positives must be numbers, got NaN'],
    ['a ragged row', () => softmax([1, 2, 3], 2), 'softmax: needs a multiple of 2 values, got 3'],
    ['no class', () => softmax([1], 0), 'softmax: classes must be a whole number of at least 1, got 0'],
    [
      'a label too high',
      () => brierScore([[0, 0]], [2], 2),
      'brierScore: label 0 must be a class index from 0 to 1, got 2',
    ],
    ['too few labels', () => accuracy([1, 0, 0, 1], [0], 2), 'accuracy: needs 2 labels, got 1'],
    [
      'samples of different length',
      () =>
        brierScore(
          [
            [0, 0],
            [0, 0, 0, 0],
          ],
          [0],
          2,
        ),
      'brierScore: every sample needs 2 logits, got 4',
    ],
  ])('%s is named', (_, run, message) => {
    const error = failure(run);
    expect(error.message).toBe(message);
    expect(error.code).toBe('failure');
    expect(error.hint).toBeTruthy();
  });
});
