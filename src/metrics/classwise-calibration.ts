import { binIndex, DEFAULT_BINS } from './calibration.js';
import { checkCount, checkLabels, type Labels, metricError, type Numbers, rowCount } from './check.js';

/**
 * Collects whole distributions one image at a time: the calibration error of every class's probability, not
 * only of the predicted one.
 */
export class ClasswiseCalibration {
  /** [classes * bins] sum of (probability - [label = class]). */
  private readonly gaps: Float64Array;
  private total = 0;

  constructor(
    private readonly classes: number,
    private readonly bins: number = DEFAULT_BINS,
  ) {
    checkCount('ClasswiseCalibration', 'classes', classes);
    checkCount('ClasswiseCalibration', 'bins', bins);
    this.gaps = new Float64Array(classes * bins);
  }

  /** @param from where the image's distribution starts in `probabilities` */
  add(probabilities: Numbers, from: number, label: number): void {
    for (let k = 0; k < this.classes; k++) {
      const p = probabilities[from + k];
      this.gaps[k * this.bins + binIndex(p, this.bins)] += p - (k === label ? 1 : 0);
    }
    this.total++;
  }

  /**
   * Mean over classes of the sum over bins of (count / n) * |share of the class - mean probability|
   * (Kull et al. 2019, "Beyond temperature scaling", classwise-ECE): 0 (best) to 1.
   * @throws BayescnnError when nothing was added
   */
  error(): number {
    if (this.total === 0)
      throw metricError('ClasswiseCalibration', 'needs at least one image, got none', 'add images first');
    let sum = 0;
    for (const gap of this.gaps) sum += Math.abs(gap);
    return sum / (this.total * this.classes);
  }
}

/**
 * Classwise expected calibration error, in equal-width bins; see `ClasswiseCalibration.error`.
 * @param probabilities flat [rows * classes]
 */
export function classwiseCalibrationError(
  probabilities: Numbers,
  labels: Labels,
  classes: number,
  bins: number = DEFAULT_BINS,
): number {
  const rows = rowCount('classwiseCalibrationError', probabilities.length, classes);
  checkLabels('classwiseCalibrationError', labels, rows, classes);
  const result = new ClasswiseCalibration(classes, bins);
  for (let row = 0; row < rows; row++) result.add(probabilities, row * classes, labels[row]);
  return result.error();
}
