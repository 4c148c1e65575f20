import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracy,
  brierScore,
  expectedCalibrationError,
  meanProbabilities,
  negativeLogLikelihood,
  PredictionAccumulator,
  uncertainty,
} from '../../../src/metrics/index.js';
import { Stream, streamKey } from '../../../src/rng.js';

interface Data {
  logits: Float32Array[];
  labels: Uint8Array;
  classes: number;
}

function randomData(images: number, classes: number, samples: number, seed: number): Data {
  const stream = new Stream(streamKey(seed, 'metrics-test'));
  const logits = Array.from({ length: samples }, () =>
    Float32Array.from({ length: images * classes }, () => 3 * stream.normal()),
  );
  return { logits, labels: Uint8Array.from({ length: images }, () => stream.below(classes)), classes };
}

function accumulate(
  { logits, labels, classes }: Data,
  batch: number,
  keepImages = false,
): PredictionAccumulator {
  const accumulator = new PredictionAccumulator(classes, logits.length, { keepImages });
  for (let start = 0; start < labels.length; start += batch) {
    const end = start + batch;
    const part = logits.map((sample) => sample.subarray(start * classes, end * classes));
    accumulator.addBatch(part, labels.subarray(start, end));
  }
  return accumulator;
}

describe('PredictionAccumulator', () => {
  it('reports the fields of an evaluation', () => {
    const metrics = accumulate(randomData(5, 3, 2, 0), 5).finish();
    expect(Object.keys(metrics).sort()).toEqual(
      [
        'n',
        'samples',
        'nll',
        'accuracy',
        'predictive_entropy',
        'expected_entropy',
        'mutual_information',
        'ece',
        'brier',
      ].sort(),
    );
  });

  it('equals the pure functions and gives the same bits for every batch size', () => {
    const shape = fc.record({
      images: fc.integer({ min: 1, max: 40 }),
      classes: fc.integer({ min: 1, max: 12 }),
      samples: fc.integer({ min: 1, max: 6 }),
      seed: fc.nat(),
      batch: fc.integer({ min: 1, max: 41 }),
    });
    fc.assert(
      fc.property(shape, ({ images, classes, samples, seed, batch }) => {
        const data = randomData(images, classes, samples, seed);
        const { logits, labels } = data;
        const metrics = accumulate(data, batch).finish();
        expect(metrics).toEqual(accumulate(data, images).finish());
        const mean = meanProbabilities(logits, classes);
        expect(metrics.accuracy).toBe(accuracy(mean, labels, classes));
        expect(metrics.nll).toBe(negativeLogLikelihood(logits, labels, classes));
        expect(metrics.brier).toBe(brierScore(logits, labels, classes));
        const { mutualInformation } = uncertainty(logits, classes);
        expect(metrics.mutual_information).toBe(mutualInformation.reduce((a, b) => a + b, 0) / images);
        expect(metrics.expected_entropy).toBeLessThanOrEqual(metrics.predictive_entropy + 1e-14);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps each image on request', () => {
    const data = randomData(23, 4, 3, 7);
    const accumulator = accumulate(data, 10, true);
    const images = accumulator.images();
    expect([...images.labels]).toEqual([...data.labels]);
    expect(images.probabilities).toEqual(meanProbabilities(data.logits, 4));
    expect(images.predictiveEntropy).toEqual(uncertainty(data.logits, 4).predictive);
    const correct = [...images.predictions].map((prediction, i) => prediction === data.labels[i]);
    const metrics = accumulator.finish();
    expect(expectedCalibrationError(images.confidences, correct)).toBe(metrics.ece);
    expect(images.nll.reduce((a, b) => a + b, 0) / 23).toBe(metrics.nll);
    expect(accumulator.calibrationBins().reduce((sum, bin) => sum + bin.count, 0)).toBe(23);
  });

  it.each([
    [
      'no image',
      () => new PredictionAccumulator(2, 1).finish(),
      'PredictionAccumulator.finish: needs at least one image, got none',
    ],
    [
      'a missing sample',
      () => new PredictionAccumulator(2, 2).addBatch([new Float32Array(2)], Uint8Array.of(0)),
      'PredictionAccumulator.addBatch: needs the logits of 2 samples, got 1',
    ],
    [
      'missing logits',
      () => new PredictionAccumulator(2, 1).addBatch([new Float32Array(3)], Uint8Array.of(0, 1)),
      'PredictionAccumulator.addBatch: needs 4 logits a sample for 2 images, got 3',
    ],
    [
      'a wrong label',
      () => new PredictionAccumulator(2, 1).addBatch([new Float32Array(2)], Int32Array.of(-1)),
      'PredictionAccumulator.addBatch: label 0 must be a class index from 0 to 1, got -1',
    ],
    [
      'images that were not kept',
      () => new PredictionAccumulator(2, 1).images(),
      'PredictionAccumulator.images: needs keepImages, got an accumulator that keeps sums only',
    ],
    [
      'no samples',
      () => new PredictionAccumulator(2, 0),
      'PredictionAccumulator: samples must be a whole number of at least 1, got 0',
    ],
  ])('names %s', (_, run, message) => {
    expect(run).toThrow(expect.objectContaining({ message, code: 'failure' }));
  });
});
