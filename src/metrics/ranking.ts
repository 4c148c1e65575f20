import { checkOutcomes, metricError, type Numbers, type Outcomes } from './check.js';

/**
 * Predictions from the most to the least confident. Equal confidences have no order: within such a group
 * the hits rise evenly, which is their expectation over all orders, so that nothing depends on the order of
 * the input.
 */
export interface Ranking {
  readonly n: number;
  /** [n + 1] right predictions among the i most confident. */
  readonly hits: Float64Array;
  /** [n + 1] sum of the i highest confidences. */
  readonly confidence: Float64Array;
}

/**
 * Ranks predictions by confidence.
 * @param confidences [n] any score that is higher for predictions to be trusted more
 * @param correct [n] whether the prediction was right
 * @throws BayescnnError when there is none, or a score is NaN
 */
export function rank(confidences: Numbers, correct: Outcomes): Ranking {
  checkOutcomes('rank', confidences, correct);
  const n = confidences.length;
  if (n === 0)
    throw metricError('rank', 'needs at least one image, got none', 'check the split and the subset');
  const right = sortedWhere(confidences, correct, true);
  const wrong = sortedWhere(confidences, correct, false);
  const ranking = { n, hits: new Float64Array(n + 1), confidence: new Float64Array(n + 1) };
  let [r, w, done] = [right.length, wrong.length, 0];
  while (r + w > 0) {
    const score = Math.max(r > 0 ? right[r - 1] : -Infinity, w > 0 ? wrong[w - 1] : -Infinity);
    const before = r;
    while (r > 0 && right[r - 1] === score) r--;
    const hits = before - r;
    let size = hits;
    while (w > 0 && wrong[w - 1] === score) {
      w--;
      size++;
    }
    appendGroup(ranking, done, score, size, hits);
    done += size;
  }
  return ranking;
}

function appendGroup(ranking: Ranking, done: number, score: number, size: number, hits: number): void {
  for (let i = 1; i <= size; i++) {
    ranking.hits[done + i] = ranking.hits[done] + (hits * i) / size;
    ranking.confidence[done + i] = ranking.confidence[done + i - 1] + score;
  }
}

/** The ascending confidences of the right, or of the wrong predictions. */
function sortedWhere(confidences: Numbers, correct: Outcomes, wanted: boolean): Float64Array {
  let count = 0;
  const chosen = new Float64Array(confidences.length);
  for (let i = 0; i < confidences.length; i++) {
    if (Boolean(correct[i]) === wanted) chosen[count++] = confidences[i];
  }
  const sorted = chosen.subarray(0, count).sort();
  // A typed array sorts NaN to its end.
  if (count > 0 && Number.isNaN(sorted[count - 1]))
    throw metricError('rank', 'confidences must be numbers, got NaN', 'check the scores for overflow');
  return sorted;
}
