import { auroc } from './auroc.js';
import { metricError, type Numbers } from './check.js';
import { ascending } from './sorted.js';

/**
 * How well a score tells images of another origin (out of distribution) from those of the training
 * distribution. AUPR and FPR95 depend on which side counts as positive, so both are named.
 */
export interface OodDetection {
  /** P(score of an out image > score of an in image) + P(tie) / 2; the same for both polarities. */
  readonly auroc: number;
  /** Average precision with out of distribution as positive. */
  readonly aupr_out: number;
  /** Average precision with in distribution as positive, by the negated score. */
  readonly aupr_in: number;
  /** Share of in-distribution images rejected where at least 95 % of the others are (positive: out). */
  readonly fpr95_out: number;
  /** Share of out-of-distribution images accepted where at least 95 % of the others are (positive: in). */
  readonly fpr95_in: number;
}

/**
 * Detection of out-of-distribution images by a score that is higher for them, such as predictive entropy.
 * @param inside scores of in-distribution images
 * @param outside scores of out-of-distribution images
 * @throws BayescnnError when a side is empty or holds NaN
 */
export function oodDetection(inside: Numbers, outside: Numbers): OodDetection {
  const negated = { inside: negate(inside), outside: negate(outside) };
  return {
    auroc: auroc(inside, outside),
    aupr_out: averagePrecision(inside, outside),
    aupr_in: averagePrecision(negated.outside, negated.inside),
    fpr95_out: falsePositiveRate(inside, outside, 0.95),
    fpr95_in: falsePositiveRate(negated.outside, negated.inside, 0.95),
  };
}

/**
 * Average precision: sum over the distinct thresholds, from high to low, of precision times the recall won
 * there (no interpolation; as scikit-learn's `average_precision_score`).
 * @throws BayescnnError when a side is empty or holds NaN
 */
export function averagePrecision(negatives: Numbers, positives: Numbers): number {
  let sum = 0;
  let caughtBefore = 0;
  for (const { caught, flagged } of thresholds('averagePrecision', negatives, positives)) {
    sum += ((caught - caughtBefore) * caught) / (caught + flagged);
    caughtBefore = caught;
  }
  return sum / positives.length;
}

/**
 * The share of negatives at or above the highest threshold that at least a share `recall` of the positives
 * reaches.
 * @throws BayescnnError when a side is empty or holds NaN, or for a recall outside (0, 1]
 */
export function falsePositiveRate(negatives: Numbers, positives: Numbers, recall: number): number {
  if (!(recall > 0 && recall <= 1))
    throw metricError('falsePositiveRate', `recall must lie in (0, 1], got ${recall}`, 'e.g. 0.95');
  // 0.95 * 20 is exactly 19, but other products fall a little above their whole number.
  const wanted = recall * positives.length - 1e-9;
  for (const { caught, flagged } of thresholds('falsePositiveRate', negatives, positives))
    if (caught >= wanted) return flagged / negatives.length;
  return 1;
}

/** Positives and negatives at or above each distinct score of a positive, from high to low. */
function* thresholds(
  where: string,
  negatives: Numbers,
  positives: Numbers,
): Generator<{ caught: number; flagged: number }, void> {
  const low = ascending(where, 'negatives', negatives);
  const high = ascending(where, 'positives', positives);
  let p = high.length;
  let n = low.length;
  while (p > 0) {
    const score = high[p - 1];
    while (p > 0 && high[p - 1] === score) p--;
    while (n > 0 && low[n - 1] >= score) n--;
    yield { caught: high.length - p, flagged: low.length - n };
  }
}

function negate(scores: Numbers): Float64Array {
  return Float64Array.from(scores, (score) => -score);
}
