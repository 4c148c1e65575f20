import { CLASS_COUNT } from '../data/dataset.js';
import { COLLAPSE_KL, COLLAPSE_SNR, chanceBand, isAtChance, isCollapsed } from '../metrics/index.js';
import type { PosteriorRow } from './posterior-row.js';
import type { MetricsRow } from './row.js';

/** The first epoch whose accuracy is held against chance: before it a slow start is no fault. */
const CHANCE_EPOCH = 2;

/** Watches a run from epoch to epoch, and warns of each fault once. */
export class HealthMonitor {
  /** All warnings so far. */
  readonly warnings: string[] = [];
  private readonly told = new Set<string>();

  /** @param testImages behind the test accuracy */
  constructor(private readonly testImages: number) {}

  /** What an epoch gives cause to warn of, and no earlier epoch did. */
  look(row: MetricsRow, posterior: readonly PosteriorRow[]): string[] {
    const news: string[] = [];
    const tell = (fault: string, warning: string) => {
      if (this.told.has(fault)) return;
      this.told.add(fault);
      news.push(warning);
    };
    if (this.atChance(row)) tell('chance', this.chanceWarning(row, posterior.length > 0));
    for (const layer of posterior.filter(isCollapsed)) tell(layer.layer, collapseWarning(layer));
    this.warnings.push(...news);
    return news;
  }

  private atChance({ epoch, test_accuracy }: MetricsRow): boolean {
    return (
      epoch >= CHANCE_EPOCH &&
      test_accuracy !== null &&
      isAtChance(test_accuracy, this.testImages, CLASS_COUNT)
    );
  }

  private chanceWarning({ epoch, test_accuracy }: MetricsRow, bayesian: boolean): string {
    const share = (value: number) => `${(100 * value).toFixed(1)} %`;
    const band = share(chanceBand(this.testImages, CLASS_COUNT));
    return (
      `epoch ${epoch}: the test accuracy ${share(test_accuracy as number)} cannot be told from chance ` +
      `(${share(1 / CLASS_COUNT)} +- ${band}); try another train.optimizer.learningRate${bayesian ? ', or a smaller model.posterior.sigma' : ''}`
    );
  }
}

function collapseWarning({ epoch, layer, kl, weights, p95_snr }: PosteriorRow): string {
  return (
    `epoch ${epoch}: the posterior of ${layer} has collapsed to its prior: KL ${(kl / weights).toExponential(1)} nats a weight ` +
    `(below ${COLLAPSE_KL}), 95 % of |mu| / sigma below ${p95_snr.toPrecision(2)} (limit ${COLLAPSE_SNR}); ` +
    'try a smaller KL weight, or a wider prior'
  );
}
