import { metricError, type Numbers } from './check.js';

/**
 * Area under the ROC curve: P(positive > negative) + P(tie) / 2, the Mann-Whitney statistic.
 * For out-of-distribution detection the positives are the out-of-distribution scores.
 * @throws BayescnnError when a side is empty or holds NaN
 */
export function auroc(negatives: Numbers, positives: Numbers): number {
  const below = sorted('negatives', negatives);
  const scores = sorted('positives', positives);
  let less = 0;
  let notGreater = 0;
  let wins = 0;
  for (const score of scores) {
    while (less < below.length && below[less] < score) less++;
    notGreater = Math.max(notGreater, less);
    while (notGreater < below.length && below[notGreater] <= score) notGreater++;
    wins += (less + notGreater) / 2;
  }
  return wins / (below.length * scores.length);
}

function sorted(name: string, scores: Numbers): Float64Array {
  if (scores.length === 0) {
    throw metricError('auroc', `needs at least one of the ${name}, got none`, 'pass scores of both kinds');
  }
  const copy = Float64Array.from(scores).sort();
  // A typed array sorts NaN to its end.
  if (Number.isNaN(copy[copy.length - 1])) {
    throw metricError('auroc', `${name} must be numbers, got NaN`, 'check the scores for overflow');
  }
  return copy;
}
