import { describe, expect, it } from 'vitest';
import {
  accuracy,
  adaptiveCalibrationError,
  auroc,
  averagePrecision,
  brierScore,
  calibration,
  classwiseCalibrationError,
  coverageAtRisk,
  DetailedAccumulator,
  entropies,
  expectedCalibrationError,
  meanProbabilities,
  negativeLogLikelihood,
  oodDetection,
  predictions,
  rank,
  riskAtCoverage,
  sampleSpread,
  selectivePrediction,
  topKAccuracy,
  uncertainty,
} from '../../../src/metrics/index.js';
import { CLASSES, IMAGES, madeUp } from './made-up.js';

/**
 * What scikit-learn 1.9.1, torchmetrics 1.9.0 (float32) and SciPy 1.17.1 say of the same predictions, and
 * NumPy where they have no such metric.
 */
const SKLEARN = {
  accuracy: 0.415,
  top3: 0.755,
  top5: 0.965,
  nll: 1.7108110769424587,
  auroc: 0.8097916666666666,
  auprOut: 0.8109927003397597,
  auprIn: 0.7900526465369851,
  fpr95Out: 0.9166666666666666,
  fpr95In: 0.4625,
};
const TORCHMETRICS = { ece: 0.1934882253408432, mce: 0.34301578998565674, classwise: 0.08927814586016225 };
const SCIPY = { predictive: 1.0138128992653934, expected: 0.745720302176791 };
const NUMPY = {
  brier: 0.7335956012642972,
  ece: 0.19348822652977674,
  mce: 0.3430157770728144,
  signed: 0.17417335485009527,
  adaptive15: 0.17954739720031493,
  adaptive7: 0.17417335485009533,
  variationRatio: 0.309,
  disagreement: 0.484,
  aleatoric: 0.3879662669607186,
  epistemic: 0.14090576290904708,
  aurc: 0.35242518205971707,
  augrc: 0.2240625,
  risk80: 0.5125,
  coverage5: 0.115,
  coverage20: 0.205,
};

const { logits, labels } = madeUp();
const mean = meanProbabilities(logits, CLASSES);
const predicted = predictions(mean, CLASSES);
const correct = predicted.map((prediction, i) => (prediction === labels[i] ? 1 : 0));
const confidences = Float64Array.from(predicted, (prediction, i) => mean[i * CLASSES + prediction]);
const average = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const DIGITS = 12;

describe('against scikit-learn', () => {
  it('scores', () => {
    expect(accuracy(mean, labels, CLASSES)).toBe(SKLEARN.accuracy);
    expect(topKAccuracy(mean, labels, CLASSES, 1)).toBe(SKLEARN.accuracy);
    expect(topKAccuracy(mean, labels, CLASSES, 3)).toBe(SKLEARN.top3);
    expect(topKAccuracy(mean, labels, CLASSES, 5)).toBe(SKLEARN.top5);
    expect(negativeLogLikelihood(logits, labels, CLASSES)).toBeCloseTo(SKLEARN.nll, DIGITS);
  });

  it('out-of-distribution detection, both polarities, with ties', () => {
    const tenths = (values: Float64Array, factor: number) =>
      values.map((value) => Math.round(value * factor * 10) / 10);
    const entropy = entropies(mean, CLASSES);
    const inside = tenths(entropy.subarray(0, 120), 1);
    const outside = tenths(entropy.subarray(120), 1.5);
    const got = oodDetection(inside, outside);
    expect(got.auroc).toBeCloseTo(SKLEARN.auroc, DIGITS);
    expect(got.aupr_out).toBeCloseTo(SKLEARN.auprOut, DIGITS);
    expect(got.aupr_in).toBeCloseTo(SKLEARN.auprIn, DIGITS);
    expect(got.fpr95_out).toBeCloseTo(SKLEARN.fpr95Out, DIGITS);
    expect(got.fpr95_in).toBeCloseTo(SKLEARN.fpr95In, DIGITS);
  });
});

describe('against torchmetrics, to its float32', () => {
  it('calibration', () => {
    expect(expectedCalibrationError(confidences, correct)).toBeCloseTo(TORCHMETRICS.ece, 7);
    expect(calibration(confidences, correct).maximumError()).toBeCloseTo(TORCHMETRICS.mce, 6);
    expect(classwiseCalibrationError(mean, labels, CLASSES)).toBeCloseTo(TORCHMETRICS.classwise, DIGITS);
  });
});

describe('against SciPy and NumPy', () => {
  it('entropies', () => {
    const split = uncertainty(logits, CLASSES);
    expect(average(split.predictive)).toBeCloseTo(SCIPY.predictive, DIGITS);
    expect(average(split.expected)).toBeCloseTo(SCIPY.expected, DIGITS);
  });

  it('calibration in float64', () => {
    expect(brierScore(logits, labels, CLASSES)).toBeCloseTo(NUMPY.brier, DIGITS);
    expect(expectedCalibrationError(confidences, correct)).toBeCloseTo(NUMPY.ece, DIGITS);
    expect(calibration(confidences, correct).maximumError()).toBeCloseTo(NUMPY.mce, DIGITS);
    expect(calibration(confidences, correct).signedError()).toBeCloseTo(NUMPY.signed, DIGITS);
    expect(adaptiveCalibrationError(confidences, correct)).toBeCloseTo(NUMPY.adaptive15, DIGITS);
    expect(adaptiveCalibrationError(confidences, correct, 7)).toBeCloseTo(NUMPY.adaptive7, DIGITS);
  });

  it('the spread of samples', () => {
    const spread = sampleSpread(logits, CLASSES);
    expect(average(spread.variationRatio)).toBeCloseTo(NUMPY.variationRatio, DIGITS);
    expect(average(spread.disagreement)).toBeCloseTo(NUMPY.disagreement, DIGITS);
    expect(average(spread.aleatoric)).toBeCloseTo(NUMPY.aleatoric, DIGITS);
    expect(average(spread.epistemic)).toBeCloseTo(NUMPY.epistemic, DIGITS);
  });

  it('selective prediction', () => {
    const got = selectivePrediction(confidences, correct);
    expect(got.aurc).toBeCloseTo(NUMPY.aurc, DIGITS);
    expect(got.augrc).toBeCloseTo(NUMPY.augrc, DIGITS);
    expect(got.riskAt80Coverage).toBeCloseTo(NUMPY.risk80, DIGITS);
    expect(got.coverageAt5Risk).toBeCloseTo(NUMPY.coverage5, DIGITS);
    const ranking = rank(confidences, correct);
    expect(riskAtCoverage(ranking, 0.8)).toBe(got.riskAt80Coverage);
    expect(coverageAtRisk(ranking, 0.2)).toBeCloseTo(NUMPY.coverage20, DIGITS);
  });

  it('all of them in one accumulator', () => {
    const accumulator = new DetailedAccumulator(CLASSES);
    for (let start = 0; start < IMAGES; start += 37) {
      const end = Math.min(IMAGES, start + 37);
      const batch = logits.map((sample) => sample.subarray(start * CLASSES, end * CLASSES));
      accumulator.addBatch(batch, labels.subarray(start, end));
    }
    const want: Record<string, number> = {
      n: 200,
      samples: 5,
      accuracy: SKLEARN.accuracy,
      top5_accuracy: SKLEARN.top5,
      nll: SKLEARN.nll,
      brier: NUMPY.brier,
      confidence: SKLEARN.accuracy + NUMPY.signed,
      ece: NUMPY.ece,
      adaptive_ece: NUMPY.adaptive15,
      signed_ece: NUMPY.signed,
      mce: NUMPY.mce,
      classwise_ece: TORCHMETRICS.classwise,
      predictive_entropy: SCIPY.predictive,
      expected_entropy: SCIPY.expected,
      mutual_information: SCIPY.predictive - SCIPY.expected,
      variation_ratio: NUMPY.variationRatio,
      disagreement: NUMPY.disagreement,
      aleatoric: NUMPY.aleatoric,
      epistemic: NUMPY.epistemic,
      aurc: NUMPY.aurc,
      augrc: NUMPY.augrc,
      risk_at_80_coverage: NUMPY.risk80,
      coverage_at_5_risk: NUMPY.coverage5,
    };
    const got = accumulator.finish();
    expect(Object.keys(got).sort()).toEqual(Object.keys(want).sort());
    for (const [name, value] of Object.entries(want))
      expect(got[name as keyof typeof got], name).toBeCloseTo(value, DIGITS);
  });
});

describe('Traub et al. 2024: AUGRC in closed form', () => {
  it.each([1, 3, 1e9])('(1 - AUROC) a (1 - a) + (1 - a)^2 / 2, confidences in steps of 1/%d', (steps) => {
    const coarse = confidences.map((confidence) => Math.round(confidence * steps) / steps);
    const chosen = (wanted: number) => coarse.filter((_, i) => correct[i] === wanted);
    const a = SKLEARN.accuracy;
    const want = (1 - auroc(chosen(0), chosen(1))) * a * (1 - a) + (1 - a) ** 2 / 2;
    expect(selectivePrediction(coarse, correct).augrc).toBeCloseTo(want, DIGITS);
  });
});

describe('average precision', () => {
  it("is the base rate for a constant score, as scikit-learn's", () => {
    expect(averagePrecision([1, 1, 1], [1])).toBe(0.25);
  });
});
