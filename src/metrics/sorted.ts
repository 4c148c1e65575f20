import { metricError, type Numbers } from './check.js';

/**
 * A sorted copy of one side's scores; `where` and `name` are for the message.
 * @throws BayescnnError when there is none, or one is NaN
 */
export function ascending(where: string, name: string, scores: Numbers): Float64Array {
  if (scores.length === 0)
    throw metricError(where, `needs at least one of the ${name}, got none`, 'pass scores of both kinds');
  const sorted = Float64Array.from(scores).sort();
  // A typed array sorts NaN to its end.
  if (Number.isNaN(sorted[sorted.length - 1]))
    throw metricError(where, `${name} must be numbers, got NaN`, 'check the scores for overflow');
  return sorted;
}
