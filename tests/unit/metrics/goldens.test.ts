import { describe, expect, it } from 'vitest';
import {
  accuracy,
  auroc,
  binIndex,
  brierScore,
  expectedCalibrationError,
  meanProbabilities,
  negativeLogLikelihood,
  PredictionAccumulator,
  predictions,
  uncertainty,
} from '../../../src/metrics/index.js';
import { goldens, type MetricCase, samplesOf } from './reference.js';

const FLOAT64 = 1e-12;

/** Per-image goldens are rounded to float32 with 9 digits. */
function expectFloat32(got: Float64Array, want: number[]): void {
  expect(got).toHaveLength(want.length);
  want.forEach((value, i) => {
    expect(Math.abs(got[i] - value), `element ${i}`).toBeLessThanOrEqual(6.1e-8 * Math.abs(value) + 1e-14);
  });
}

if (goldens === null) {
  describe('metrics against PyTorch', () => {
    it.skip('needs ../shared/reference/goldens.json, or BAYESCNN_SHARED', () => undefined);
  });
} else {
  const { cases, auroc: ranked, ece_edges: edges } = goldens;

  describe.each(cases.map((golden): [string, MetricCase] => [golden.name, golden]))(
    'case %s',
    (_, golden) => {
      const classes = golden.logits.shape[2];
      const samples = samplesOf(golden);

      it('averages probabilities, not logits', () => {
        const mean = meanProbabilities(samples, classes);
        expectFloat32(mean, golden.per_sample.mean_probs.data);
        expect([...predictions(mean, classes)]).toEqual(golden.per_sample.prediction.data);
      });

      it('scores the averaged distribution', () => {
        const mean = meanProbabilities(samples, classes);
        expect(accuracy(mean, golden.targets, classes)).toBe(golden.accuracy);
        expect(Math.abs(negativeLogLikelihood(samples, golden.targets, classes) - golden.nll)).toBeLessThan(
          FLOAT64,
        );
        expect(Math.abs(brierScore(samples, golden.targets, classes) - golden.brier)).toBeLessThan(FLOAT64);
      });

      it('splits the entropy of each image', () => {
        const split = uncertainty(samples, classes);
        expectFloat32(split.predictive, golden.per_sample.predictive_entropy.data);
        expectFloat32(split.expected, golden.per_sample.expected_entropy.data);
        const { data } = golden.per_sample.mutual_information;
        // The golden difference of two float64 entropies keeps their absolute rounding.
        data.forEach((value, i) => {
          expect(Math.abs(split.mutualInformation[i] - value)).toBeLessThan(6.1e-8 * value + FLOAT64);
        });
      });

      it('accumulates the same over batches of uneven size', () => {
        const images = golden.targets.length;
        const accumulator = new PredictionAccumulator(classes, samples.length);
        for (let start = 0; start < images; start += 7) {
          const end = Math.min(images, start + 7);
          const batch = samples.map((logits) => logits.subarray(start * classes, end * classes));
          accumulator.addBatch(batch, Uint8Array.from(golden.targets.slice(start, end)));
        }
        const metrics = accumulator.finish();
        expect(metrics).toMatchObject({ n: images, samples: samples.length, accuracy: golden.accuracy });
        expect(Math.abs(metrics.nll - golden.nll)).toBeLessThan(FLOAT64);
        expect(Math.abs(metrics.brier - golden.brier)).toBeLessThan(FLOAT64);
        expect(Math.abs(metrics.ece - golden.ece15)).toBeLessThan(FLOAT64);
        expect(Math.abs(metrics.predictive_entropy - golden.mean_predictive_entropy)).toBeLessThan(FLOAT64);
        expect(Math.abs(metrics.expected_entropy - golden.mean_expected_entropy)).toBeLessThan(FLOAT64);
        expect(Math.abs(metrics.mutual_information - golden.mean_mutual_information)).toBeLessThan(FLOAT64);
      });
    },
  );

  describe('AUROC and calibration', () => {
    it('ranks with ties as scikit-learn does', () => {
      const got = auroc(ranked.in_distribution, ranked.out_of_distribution);
      expect(Math.abs(got - ranked.auroc)).toBeLessThan(FLOAT64);
    });

    it('puts a confidence on a bin edge into the lower bin', () => {
      expect(edges.confidences.map((confidence) => binIndex(confidence, edges.bins))).toEqual(
        edges.bin_index,
      );
      const ece = expectedCalibrationError(edges.confidences, edges.correct, edges.bins);
      expect(Math.abs(ece - edges.ece)).toBeLessThan(FLOAT64);
    });
  });
}
