import { Calibration, type CalibrationBin } from './calibration.js';
import { metricError } from './check.js';
import type { Predictive } from './predictive.js';

/** Metrics of one evaluation; entropies and NLL in nats. */
export interface PredictionMetrics {
  n: number;
  samples: number;
  /** Of the averaged distribution, as all that follow but `expected_entropy`. */
  nll: number;
  accuracy: number;
  predictive_entropy: number;
  expected_entropy: number;
  mutual_information: number;
  ece: number;
  brier: number;
}

/** Adds up the metrics that are means over images, in float64 and in the order of the images. */
export class PredictionSums {
  private readonly reliability = new Calibration();
  private n = 0;
  private correct = 0;
  private nll = 0;
  private brier = 0;
  private predictiveEntropy = 0;
  private expectedEntropy = 0;
  private mutualInformation = 0;

  /** Adds the image that `row` stands at, whose `nll` is known already. */
  add(row: Predictive, label: number, nll: number): void {
    const correct = row.prediction === label;
    this.n++;
    if (correct) this.correct++;
    this.nll += nll;
    this.brier += row.brier(label);
    this.predictiveEntropy += row.predictiveEntropy;
    this.expectedEntropy += row.expectedEntropy;
    this.mutualInformation += row.mutualInformation;
    this.reliability.add(row.confidence, correct);
  }

  /**
   * @param samples posterior samples behind each image
   * @throws BayescnnError when no image was added
   */
  finish(where: string, samples: number): PredictionMetrics {
    const { n } = this;
    if (n === 0)
      throw metricError(where, 'needs at least one image, got none', 'check the split and the subset');
    return {
      n,
      samples,
      nll: this.nll / n,
      accuracy: this.correct / n,
      predictive_entropy: this.predictiveEntropy / n,
      expected_entropy: this.expectedEntropy / n,
      mutual_information: this.mutualInformation / n,
      ece: this.reliability.error(),
      brier: this.brier / n,
    };
  }

  /** Mean confidence - accuracy, and the worst bin of the reliability diagram. */
  calibration(): { signed: number; maximum: number } {
    return { signed: this.reliability.signedError(), maximum: this.reliability.maximumError() };
  }

  /** The reliability diagram of the images so far, in 15 bins. */
  bins(): CalibrationBin[] {
    return this.reliability.bins();
  }
}
