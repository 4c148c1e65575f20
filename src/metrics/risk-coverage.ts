import { metricError, type Numbers, type Outcomes } from './check.js';
import { type Ranking, rank } from './ranking.js';

/** How well confidence tells right predictions from wrong ones, when the least confident may be withheld. */
export interface SelectivePrediction {
  /**
   * Area under the risk-coverage curve: mean over i = 1 .. n of the error rate among the i most confident
   * (Geifman & El-Yaniv 2017). 0 is best.
   */
  readonly aurc: number;
  /**
   * Area under the generalised risk-coverage curve, whose risk is wrong and accepted / n, by trapezoids from
   * coverage 0 (Traub et al. 2024): 0 (best) to 1/2; (1 - AUROC) a (1 - a) + (1 - a)^2 / 2 at accuracy a.
   */
  readonly augrc: number;
  /** Error rate among the most confident 80 %. */
  readonly riskAt80Coverage: number;
  /** The largest share that can be accepted with at most 5 % of it wrong; 0 when there is none. */
  readonly coverageAt5Risk: number;
}

// 0.8 * 35 is a little above 28.
const ROUNDING = 1e-9;

/**
 * Selective prediction by confidence; among equal confidences the expectation over all orders.
 * @param confidences [n] any score that is higher for predictions to be trusted more
 * @param correct [n] whether the prediction was right
 * @throws BayescnnError when there is none, or a score is NaN
 */
export function selectivePrediction(confidences: Numbers, correct: Outcomes): SelectivePrediction {
  return selectiveOf(rank(confidences, correct));
}

/** As `selectivePrediction`, of predictions that are ranked already. */
export function selectiveOf(ranking: Ranking): SelectivePrediction {
  const { n, hits } = ranking;
  let risks = 0;
  let errors = 0;
  for (let i = 1; i <= n; i++) {
    risks += (i - hits[i]) / i;
    errors += i - hits[i];
  }
  // Trapezoids: the last error count weighs half.
  const area = (errors - (n - hits[n]) / 2) / (n * n);
  return {
    aurc: risks / n,
    augrc: area,
    riskAt80Coverage: riskAtCoverage(ranking, 0.8),
    coverageAt5Risk: coverageAtRisk(ranking, 0.05),
  };
}

/** The error rate among the most confident ceil(coverage * n); coverage in (0, 1]. */
export function riskAtCoverage({ n, hits }: Ranking, coverage: number): number {
  if (!(coverage > 0 && coverage <= 1))
    throw metricError('riskAtCoverage', `coverage must lie in (0, 1], got ${coverage}`, 'e.g. 0.8');
  const accepted = Math.max(1, Math.ceil(coverage * n - ROUNDING));
  return (accepted - hits[accepted]) / accepted;
}

/** The largest i / n such that at most a share `risk` of the i most confident is wrong; 0 when there is none. */
export function coverageAtRisk({ n, hits }: Ranking, risk: number): number {
  if (!(risk >= 0 && risk <= 1))
    throw metricError('coverageAtRisk', `risk must lie in [0, 1], got ${risk}`, 'e.g. 0.05');
  for (let i = n; i > 0; i--) if (i - hits[i] <= risk * i + ROUNDING) return i / n;
  return 0;
}
