import { checkCount, checkOutcomes, metricError, type Numbers, type Outcomes } from './check.js';

/** The usual number of equal-width bins (Guo et al. 2017). */
export const DEFAULT_BINS = 15;

/** One bin (low, high] of a reliability diagram; the first also holds a confidence of 0. */
export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence of the bin; NaN when it is empty. */
  readonly confidence: number;
  /** Share of right predictions in the bin; NaN when it is empty. */
  readonly accuracy: number;
}

// A mean of softmaxes may exceed 1 by a few units in the last place.
const ROUNDING = 1e-9;

/** The bin of a confidence: ceil(confidence * bins) - 1, clipped to 0 .. bins - 1. */
export function binIndex(confidence: number, bins: number): number {
  return Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
}

/** Collects confidences one at a time: expected calibration error without keeping the images. */
export class Calibration {
  private readonly counts: Float64Array;
  private readonly confidences: Float64Array;
  private readonly hits: Float64Array;
  private total = 0;

  constructor(private readonly binCount: number = DEFAULT_BINS) {
    checkCount('Calibration', 'bins', binCount);
    this.counts = new Float64Array(binCount);
    this.confidences = new Float64Array(binCount);
    this.hits = new Float64Array(binCount);
  }

  /** @throws BayescnnError unless the confidence lies in [0, 1] */
  add(confidence: number, correct: boolean): void {
    if (!(confidence >= 0 && confidence <= 1 + ROUNDING)) {
      const what = `a confidence must lie in [0, 1], got ${confidence}`;
      throw metricError('Calibration', what, 'pass probabilities, not logits');
    }
    const bin = binIndex(confidence, this.binCount);
    this.counts[bin]++;
    this.confidences[bin] += confidence;
    if (correct) this.hits[bin]++;
    this.total++;
  }

  /**
   * Sum over bins of (count / n) * |accuracy - confidence| (Naeini et al. 2015): 0 (best) to 1.
   * @throws BayescnnError when nothing was added
   */
  error(): number {
    this.requireImages();
    let sum = 0;
    for (let bin = 0; bin < this.binCount; bin++) sum += Math.abs(this.hits[bin] - this.confidences[bin]);
    return sum / this.total;
  }

  /**
   * Sum over bins of (count / n) * (confidence - accuracy), which is mean confidence - accuracy whatever the
   * bins: -1 to 1, above 0 when the model is overconfident.
   * @throws BayescnnError when nothing was added
   */
  signedError(): number {
    this.requireImages();
    let sum = 0;
    for (let bin = 0; bin < this.binCount; bin++) sum += this.confidences[bin] - this.hits[bin];
    return sum / this.total;
  }

  /**
   * Maximum calibration error, max over bins with images of |accuracy - confidence| (Naeini et al. 2015).
   * @throws BayescnnError when nothing was added
   */
  maximumError(): number {
    this.requireImages();
    let worst = 0;
    for (let bin = 0; bin < this.binCount; bin++) {
      if (this.counts[bin] === 0) continue;
      worst = Math.max(worst, Math.abs(this.hits[bin] - this.confidences[bin]) / this.counts[bin]);
    }
    return worst;
  }

  private requireImages(): void {
    if (this.total === 0)
      throw metricError('Calibration', 'needs at least one image, got none', 'add images first');
  }

  /** Every bin, the empty ones too, from low to high confidence. */
  bins(): CalibrationBin[] {
    return Array.from({ length: this.binCount }, (_, bin) => ({
      low: bin / this.binCount,
      high: (bin + 1) / this.binCount,
      count: this.counts[bin],
      confidence: this.confidences[bin] / this.counts[bin],
      accuracy: this.hits[bin] / this.counts[bin],
    }));
  }
}

/**
 * The reliability diagram of n predictions.
 * @param confidences [n] highest probabilities, each in [0, 1]
 * @param correct [n] whether the prediction was right
 */
export function calibration(
  confidences: Numbers,
  correct: Outcomes,
  bins: number = DEFAULT_BINS,
): Calibration {
  checkOutcomes('calibration', confidences, correct);
  const result = new Calibration(bins);
  for (let i = 0; i < confidences.length; i++) result.add(confidences[i], Boolean(correct[i]));
  return result;
}

/** Expected calibration error of n predictions; parameters as of `calibration`. */
export function expectedCalibrationError(
  confidences: Numbers,
  correct: Outcomes,
  bins: number = DEFAULT_BINS,
): number {
  return calibration(confidences, correct, bins).error();
}
