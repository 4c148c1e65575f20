import { DEFAULT_BINS } from './calibration.js';
import { checkCount, type Numbers, type Outcomes } from './check.js';
import { type Ranking, rank } from './ranking.js';

/**
 * Expected calibration error in bins of equal count (Nguyen & O'Connor 2015; Nixon et al. 2019): sum over bins
 * of (count / n) * |accuracy - mean confidence|. Bins are cut from low to high confidence and differ by at most
 * one image, the larger ones first (as `numpy.array_split`); with fewer images than bins each has its own.
 * @param confidences [n] highest probabilities
 * @param correct [n] whether the prediction was right
 * @throws BayescnnError when there is none
 */
export function adaptiveCalibrationError(
  confidences: Numbers,
  correct: Outcomes,
  bins: number = DEFAULT_BINS,
): number {
  return adaptiveErrorOf(rank(confidences, correct), bins);
}

/** As `adaptiveCalibrationError`, of predictions that are ranked already. */
export function adaptiveErrorOf({ n, hits, confidence }: Ranking, bins: number = DEFAULT_BINS): number {
  checkCount('adaptiveCalibrationError', 'bins', bins);
  const width = Math.floor(n / bins);
  const larger = n % bins;
  let sum = 0;
  let high = n;
  for (let bin = 0; bin < bins && high > 0; bin++) {
    const low = high - width - (bin < larger ? 1 : 0);
    sum += Math.abs(hits[high] - hits[low] - (confidence[high] - confidence[low]));
    high = low;
  }
  return sum / n;
}
