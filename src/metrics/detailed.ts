import { adaptiveErrorOf } from './adaptive-calibration.js';
import { ClasswiseCalibration } from './classwise-calibration.js';
import type { Predictive } from './predictive.js';
import { rank } from './ranking.js';
import { selectiveOf } from './risk-coverage.js';
import { rankOfLabel } from './scores.js';
import type { Spread } from './spread.js';
import { type PredictionMetrics, PredictionSums } from './sums.js';

/** Every metric of an evaluation. Each is a mean over images or a figure of all of them; entropies in nats. */
export interface DetailedMetrics extends PredictionMetrics {
  /** Share of images whose label is among the five most probable classes. */
  top5_accuracy: number;
  /** Mean highest probability. */
  confidence: number;
  /** `adaptiveCalibrationError`, 15 bins of equal count. */
  adaptive_ece: number;
  /** Mean confidence - accuracy: above 0 when overconfident. */
  signed_ece: number;
  /** Worst of the 15 equal-width bins. */
  mce: number;
  /** `classwiseCalibrationError`, 15 equal-width bins. */
  classwise_ece: number;
  /** `Spread`: share of samples that do not vote for the commonest class. */
  variation_ratio: number;
  /** `Spread`: share of pairs of samples that predict different classes. */
  disagreement: number;
  /** Traces of Kwon et al.'s (2020) covariances; together mean of 1 - sum p^2. */
  aleatoric: number;
  epistemic: number;
  /** `selectivePrediction` by the highest probability. */
  aurc: number;
  augrc: number;
  risk_at_80_coverage: number;
  coverage_at_5_risk: number;
}

/** Collects `DetailedMetrics` of one number of samples, image by image. */
export class DetailedSums {
  private readonly sums = new PredictionSums();
  private readonly classwise: ClasswiseCalibration;
  private readonly confidences: number[] = [];
  private readonly correct: boolean[] = [];
  private top5 = 0;
  private confidence = 0;
  private variationRatio = 0;
  private disagreement = 0;
  private aleatoric = 0;
  private epistemic = 0;

  constructor(
    private readonly classes: number,
    private readonly samples: number,
  ) {
    this.classwise = new ClasswiseCalibration(classes);
  }

  /** Adds the image that `row` and `spread` stand at, whose `nll` is known already. */
  add(row: Predictive, spread: Spread, label: number, nll: number): void {
    this.sums.add(row, label, nll);
    this.classwise.add(row.mean, 0, label);
    this.confidences.push(row.confidence);
    this.correct.push(row.prediction === label);
    if (rankOfLabel(row.mean, 0, this.classes, label) < 5) this.top5++;
    this.confidence += row.confidence;
    this.variationRatio += spread.variationRatio;
    this.disagreement += spread.disagreement;
    this.aleatoric += spread.aleatoric;
    this.epistemic += spread.epistemic(row.mean);
  }

  /** @throws BayescnnError when no image was added */
  finish(): DetailedMetrics {
    const metrics = this.sums.finish('DetailedAccumulator.finish', this.samples);
    const { n } = metrics;
    const ranking = rank(this.confidences, this.correct);
    const selective = selectiveOf(ranking);
    const { signed, maximum } = this.sums.calibration();
    return {
      ...metrics,
      top5_accuracy: this.top5 / n,
      confidence: this.confidence / n,
      adaptive_ece: adaptiveErrorOf(ranking),
      signed_ece: signed,
      mce: maximum,
      classwise_ece: this.classwise.error(),
      variation_ratio: this.variationRatio / n,
      disagreement: this.disagreement / n,
      aleatoric: this.aleatoric / n,
      epistemic: this.epistemic / n,
      aurc: selective.aurc,
      augrc: selective.augrc,
      risk_at_80_coverage: selective.riskAt80Coverage,
      coverage_at_5_risk: selective.coverageAt5Risk,
    };
  }
}
