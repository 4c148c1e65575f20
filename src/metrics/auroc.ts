import type { Numbers } from './check.js';
import { ascending } from './sorted.js';

/**
 * Area under the ROC curve: P(positive > negative) + P(tie) / 2, the Mann-Whitney statistic.
 * For out-of-distribution detection the positives are the out-of-distribution scores.
 * @throws BayescnnError when a side is empty or holds NaN
 */
export function auroc(negatives: Numbers, positives: Numbers): number {
  const below = ascending('auroc', 'negatives', negatives);
  const scores = ascending('auroc', 'positives', positives);
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
