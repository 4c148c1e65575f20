import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adaptiveCalibrationError,
  averagePrecision,
  calibration,
  classwiseCalibrationError,
  coverageAtRisk,
  DetailedAccumulator,
  falsePositiveRate,
  meanProbabilities,
  oodDetection,
  PredictionAccumulator,
  rank,
  riskAtCoverage,
  sampleSpread,
  selectivePrediction,
  topKAccuracy,
} from '../../../src/metrics/index.js';
import { Stream, streamKey } from '../../../src/rng.js';

function randomLogits(images: number, classes: number, samples: number, seed: number) {
  const stream = new Stream(streamKey(seed, 'metrics-test'));
  // Coarse steps make ties likely.
  const draw = () => Math.round(2 * stream.normal()) * 1.5;
  const logits = Array.from({ length: samples }, () => Float32Array.from({ length: images * classes }, draw));
  return { logits, labels: Uint8Array.from({ length: images }, () => stream.below(classes)) };
}

const shape = fc.record({
  images: fc.integer({ min: 1, max: 40 }),
  classes: fc.integer({ min: 1, max: 12 }),
  samples: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(),
});

describe('the sample curve', () => {
  it('at s is, bit for bit, an evaluation with s samples, for every batch size', () => {
    const batched = fc.record({ shape, batch: fc.integer({ min: 1, max: 41 }) });
    fc.assert(
      fc.property(batched, ({ shape: { images, classes, samples, seed }, batch }) => {
        const { logits, labels } = randomLogits(images, classes, samples, seed);
        const curve = new DetailedAccumulator(classes, { curve: true });
        for (let start = 0; start < images; start += batch) {
          const end = Math.min(images, start + batch);
          const part = logits.map((sample) => sample.subarray(start * classes, end * classes));
          curve.addBatch(part, labels.subarray(start, end));
        }
        const points = curve.curve();
        expect(points.map((point) => point.samples)).toEqual(logits.map((_, s) => s + 1));
        expect(points.at(-1)).toEqual(curve.finish());
        for (let s = 1; s <= samples; s++) {
          const alone = new DetailedAccumulator(classes);
          alone.addBatch(logits.slice(0, s), labels);
          expect(points[s - 1]).toEqual(alone.finish());
          const plain = new PredictionAccumulator(classes, s);
          plain.addBatch(logits.slice(0, s), labels);
          expect(points[s - 1]).toMatchObject(plain.finish());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps each image', () => {
    const { logits, labels } = randomLogits(300, 4, 3, 1);
    const accumulator = new DetailedAccumulator(4);
    accumulator.addBatch(logits, labels);
    const images = accumulator.images();
    expect([...images.labels]).toEqual([...labels]);
    expect(images.probabilities).toEqual(meanProbabilities(logits, 4));
    expect(images).toMatchObject(sampleSpread(logits, 4));
  });
});

describe('the spread of samples', () => {
  it('splits 1 - sum p^2 into two traces', () => {
    fc.assert(
      fc.property(shape, ({ images, classes, samples, seed }) => {
        const { logits } = randomLogits(images, classes, samples, seed);
        const mean = meanProbabilities(logits, classes);
        const { aleatoric, epistemic } = sampleSpread(logits, classes);
        for (let image = 0; image < images; image++) {
          const row = mean.subarray(image * classes, (image + 1) * classes);
          const gini = 1 - row.reduce((sum, p) => sum + p * p, 0);
          expect(aleatoric[image] + epistemic[image]).toBeCloseTo(gini, 13);
          expect(epistemic[image]).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is all epistemic for certain samples that contradict each other', () => {
    const spread = sampleSpread(
      [
        [800, 0],
        [0, 800],
      ],
      2,
    );
    expect(spread).toEqual({
      variationRatio: Float64Array.of(0.5),
      disagreement: Float64Array.of(1),
      aleatoric: Float64Array.of(0),
      epistemic: Float64Array.of(0.5),
    });
  });

  it('is all aleatoric for a single sample', () => {
    const spread = sampleSpread([[0, 0]], 2);
    expect(spread).toEqual({
      variationRatio: Float64Array.of(0),
      disagreement: Float64Array.of(0),
      aleatoric: Float64Array.of(0.5),
      epistemic: Float64Array.of(0),
    });
  });
});

/** Every order of 0 .. n-1. */
function orders(n: number): number[][] {
  if (n === 0) return [[]];
  return orders(n - 1).flatMap((order) =>
    Array.from({ length: n }, (_, at) => [...order.slice(0, at), n - 1, ...order.slice(at)]),
  );
}

describe('ties', () => {
  const confidences = [0.9, 0.9, 0.9, 0.5, 0.5, 0.2];
  const correct = [1, 0, 1, 0, 1, 0];

  it('give selective prediction its mean over all orders', () => {
    const areas = orders(6)
      .filter((order) => order.every((i, at) => at === 0 || confidences[i] <= confidences[order[at - 1]]))
      .map((order) => {
        let wrong = 0;
        return order.reduce((sum, i, at) => {
          wrong += 1 - correct[i];
          return sum + wrong / (at + 1) / 6;
        }, 0);
      });
    expect(areas).toHaveLength(12);
    const want = areas.reduce((sum, area) => sum + area, 0) / areas.length;
    expect(selectivePrediction(confidences, correct).aurc).toBeCloseTo(want, 14);
  });

  it('leave no trace of the order of the images', () => {
    const all = [selectivePrediction, adaptiveCalibrationError] as const;
    for (const metric of all) {
      const want = metric(confidences, correct);
      for (const order of orders(6)) {
        const got = metric(
          order.map((i) => confidences[i]),
          order.map((i) => correct[i]),
        );
        expect(got).toEqual(want);
      }
    }
  });

  it('count for the label with the lower index', () => {
    const row = [0.25, 0.25, 0.25, 0.25];
    expect([0, 1, 2, 3].map((label) => topKAccuracy(row, [label], 4, 2))).toEqual([1, 1, 0, 0]);
  });
});

describe('extremes', () => {
  it('a sure and right model has nothing to withhold', () => {
    expect(selectivePrediction([1, 1, 1], [1, 1, 1])).toEqual({
      aurc: 0,
      augrc: 0,
      riskAt80Coverage: 0,
      coverageAt5Risk: 1,
    });
    expect(adaptiveCalibrationError([1, 1, 1], [1, 1, 1])).toBe(0);
  });

  it('a sure and wrong model is wrong at every coverage', () => {
    expect(selectivePrediction([1, 1], [0, 0])).toEqual({
      aurc: 1,
      augrc: 0.5,
      riskAt80Coverage: 1,
      coverageAt5Risk: 0,
    });
    expect(adaptiveCalibrationError([1, 1], [0, 0])).toBe(1);
    expect(calibration([1, 1], [0, 0]).signedError()).toBe(1);
  });

  it('confidences of exactly 0 and 1', () => {
    expect(calibration([0, 1], [1, 1]).maximumError()).toBe(1);
    expect(calibration([0, 1], [1, 1]).signedError()).toBe(-0.5);
    expect(adaptiveCalibrationError([0, 1], [1, 1])).toBe(0.5);
    expect(classwiseCalibrationError([1, 0, 0, 1], [0, 0], 2)).toBe(0.5);
  });

  it('one class is certain and right', () => {
    const accumulator = new DetailedAccumulator(1);
    accumulator.addBatch([Float32Array.of(3, -7)], Uint8Array.of(0, 0));
    const { n, samples, accuracy, top5_accuracy, confidence, coverage_at_5_risk, ...rest } =
      accumulator.finish();
    expect([n, samples, accuracy, top5_accuracy, confidence, coverage_at_5_risk]).toEqual([2, 1, 1, 1, 1, 1]);
    for (const [name, value] of Object.entries(rest)) expect(value, name).toBeCloseTo(0, 15);
  });

  it('more bins than images', () => {
    expect(adaptiveCalibrationError([0.5, 1], [1, 1], 15)).toBe(0.25);
  });

  it('coverage is not pushed up by the rounding of 0.8 * 35', () => {
    const ranking = rank(
      Array.from({ length: 35 }, (_, i) => 1 - i / 100),
      Array.from({ length: 35 }, (_, i) => i < 28),
    );
    expect(riskAtCoverage(ranking, 0.8)).toBe(0);
    expect(coverageAtRisk(ranking, 0)).toBe(0.8);
  });

  it('a perfect and a reversed out-of-distribution score', () => {
    const perfect = oodDetection([0, 1], [2, 3]);
    expect(perfect).toEqual({ auroc: 1, aupr_out: 1, aupr_in: 1, fpr95_out: 0, fpr95_in: 0 });
    const reversed = oodDetection([2, 3], [0, 1]);
    expect(reversed).toMatchObject({ auroc: 0, fpr95_out: 1, fpr95_in: 1 });
    expect(reversed.aupr_out).toBeCloseTo((1 / 3 + 2 / 4) / 2, 15);
  });
});

describe('wrong input', () => {
  const none = 'needs at least one image, got none';
  it.each([
    ['selectivePrediction', () => selectivePrediction([], []), `rank: ${none}`],
    ['adaptive', () => adaptiveCalibrationError([], []), `rank: ${none}`],
    ['classwise', () => classwiseCalibrationError([], [], 3), `classwiseCalibrationError: ${none}`],
    ['signed', () => calibration([], []).signedError(), `Calibration: ${none}`],
    ['maximum', () => calibration([], []).maximumError(), `Calibration: ${none}`],
    ['top-k', () => topKAccuracy([], [], 3, 5), `topKAccuracy: ${none}`],
    ['accumulator', () => new DetailedAccumulator(3).finish(), `DetailedAccumulator.finish: ${none}`],
    ['spread', () => sampleSpread([[]], 3), `sampleSpread: ${none}`],
    ['NaN', () => rank([Number.NaN], [1]), 'rank: confidences must be numbers, got NaN'],
    ['outcomes', () => rank([1, 1], [1]), 'rank: needs 2 outcomes, got 1'],
    ['a label', () => topKAccuracy([1, 0], [2], 2, 1), /label 0 must be a class index from 0 to 1, got 2/],
    [
      'k',
      () => topKAccuracy([1, 0], [0], 2, 0),
      'topKAccuracy: k must be a whole number of at least 1, got 0',
    ],
    [
      'positives',
      () => averagePrecision([1], []),
      'averagePrecision: needs at least one of the positives, got none',
    ],
    ['negatives', () => oodDetection([], [1]), 'auroc: needs at least one of the negatives, got none'],
    ['recall', () => falsePositiveRate([1], [1], 0), 'falsePositiveRate: recall must lie in (0, 1], got 0'],
    [
      'coverage',
      () => riskAtCoverage(rank([1], [1]), 0),
      'riskAtCoverage: coverage must lie in (0, 1], got 0',
    ],
    ['risk', () => coverageAtRisk(rank([1], [1]), 2), 'coverageAtRisk: risk must lie in [0, 1], got 2'],
    [
      'a curve that was not kept',
      () => new DetailedAccumulator(3).curve(),
      'DetailedAccumulator.curve: needs curve, got an accumulator of the last number of samples alone',
    ],
  ])('%s is named', (_, work, message) => {
    const wanted = typeof message === 'string' ? message : expect.stringMatching(message);
    expect(work).toThrow(expect.objectContaining({ message: wanted, code: 'failure' }));
  });

  it('another number of samples in a later batch', () => {
    const accumulator = new DetailedAccumulator(2);
    accumulator.addBatch([new Float32Array(2)], Uint8Array.of(0));
    expect(() => accumulator.addBatch([], Uint8Array.of(0))).toThrow(/needs the logits of 1 samples, got 0/);
  });
});
