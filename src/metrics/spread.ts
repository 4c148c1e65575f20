import { argmaxRow } from './softmax.js';

/** How far the posterior samples of one image lie apart: `open`, then `add` each sample's distribution. */
export class Spread {
  private readonly votes: Float64Array;
  private count = 0;
  private squares = 0;
  private most = 0;
  private agreeing = 0;

  constructor(private readonly classes: number) {
    this.votes = new Float64Array(classes);
  }

  /** Starts an image. */
  open(): void {
    this.votes.fill(0);
    this.count = 0;
    this.squares = 0;
    this.most = 0;
    this.agreeing = 0;
  }

  /** @param probabilities [classes] of the next sample */
  add(probabilities: Float64Array): void {
    const choice = argmaxRow(probabilities, 0, this.classes);
    // The new vote agrees with each earlier one for its class.
    this.agreeing += this.votes[choice];
    this.most = Math.max(this.most, ++this.votes[choice]);
    this.count++;
    this.squares += sumOfSquares(probabilities);
  }

  /** 1 - share of the samples that vote for the class with most votes (Freeman 1965): 0 when all agree. */
  get variationRatio(): number {
    return 1 - this.most / this.count;
  }

  /** Share of the pairs of samples that predict different classes (Fort et al. 2019); 0 for a single sample. */
  get disagreement(): number {
    const pairs = (this.count * (this.count - 1)) / 2;
    return pairs === 0 ? 0 : 1 - this.agreeing / pairs;
  }

  /** Trace of the aleatoric covariance of Kwon et al. (2020): mean over samples of diag(p) - p p^T. */
  get aleatoric(): number {
    return 1 - this.squares / this.count;
  }

  /**
   * Trace of their epistemic covariance, mean over samples of (p - mean)(p - mean)^T. Both traces add up to
   * 1 - sum mean^2.
   * @param mean [classes] the averaged distribution of the samples so far
   */
  epistemic(mean: Float64Array): number {
    // A single sample is its own mean, and the variance of others is never below 0 but by rounding.
    return this.count === 1 ? 0 : Math.max(0, this.squares / this.count - sumOfSquares(mean));
  }
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** The spread of each image's samples, [images] each; see `Spread`. */
export interface SampleSpread {
  readonly variationRatio: Float64Array;
  readonly disagreement: Float64Array;
  /** Trace of Kwon et al.'s aleatoric covariance. */
  readonly aleatoric: Float64Array;
  /** Trace of their epistemic covariance. */
  readonly epistemic: Float64Array;
}
