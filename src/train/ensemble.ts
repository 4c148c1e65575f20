import { CLASS_COUNT } from '../data/dataset.js';
import type { Classifier, LogitPredictor } from './classifier.js';

/** A trained classifier of an ensemble. */
export interface Member {
  readonly classifier: Classifier;
  /** Names its noise, as where it is evaluated alone. */
  readonly epoch: number;
}

/** A member's predictor, and how many predictions it has of its own. */
interface Part {
  readonly predictor: LogitPredictor;
  readonly own: number;
}

/**
 * The mixture of trained classifiers with equal weights: a deep ensemble (Lakshminarayanan et al. 2017), or of Bayesian
 * members a mixture of posteriors (Wilson and Izmailov 2020). Every member has the same number of predictions: those of
 * one with fewer are repeated, which leaves its distribution as it is. Prediction k of member m of M is number k M + m, so
 * that the first predictions are one of each member.
 */
export class Ensemble implements Classifier {
  constructor(private readonly members: readonly Member[]) {}

  predictions(samples: number): number {
    return this.members.length * this.each(samples);
  }

  predictor(...[source, { samples }]: Parameters<Classifier['predictor']>): LogitPredictor {
    const parts = this.members.map(({ classifier, epoch }) => ({
      predictor: classifier.predictor(source, { samples, epoch }),
      own: classifier.predictions(samples),
    }));
    return mixture(parts);
  }

  /** Predictions of each member: the least number that is a multiple of all its own. */
  private each(samples: number): number {
    return this.members.map(({ classifier }) => classifier.predictions(samples)).reduce(leastCommonMultiple);
  }
}

function mixture(parts: readonly Part[]): LogitPredictor {
  return {
    images: Math.min(...parts.map(({ predictor }) => predictor.images)),
    kl: parts.reduce((sum, { predictor }) => sum + predictor.kl, 0) / parts.length,
    logits(indices, first, into, at) {
      const end = at + indices.length * CLASS_COUNT;
      for (const [m, { predictor, own }] of parts.entries()) {
        const mine = into.filter((_, i) => i % parts.length === m);
        predictor.logits(indices, first, mine.slice(0, own), at);
        for (let k = own; k < mine.length; k++) mine[k].set(mine[k - own].subarray(at, end), at);
      }
    },
    dispose: () => {
      for (const { predictor } of parts) predictor.dispose();
    },
  };
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
