/** What the sums of an epoch stand at; plain numbers, for a checkpoint. */
export interface EpochSumsState {
  nll: number;
  kl: number;
  correct: number;
  images: number;
  steps: number;
  klWeight: number;
  klMean: number;
  covariance: number;
}

/** Running sums over an epoch's steps. */
export class EpochSums implements EpochSumsState {
  nll = 0;
  kl = 0;
  correct = 0;
  images = 0;
  steps = 0;
  /** Mean weight of the KL; of equal weights exactly that weight. */
  klWeight = 0;
  klMean = 0;
  /** Sum of the products of the deviations of weight and KL from their means. */
  covariance = 0;

  /** @param from where an interrupted epoch stood */
  constructor(from?: EpochSumsState) {
    Object.assign(this, from);
  }

  add(result: { nll: number; kl: number; correct: number }, batch: number, klWeight: number): void {
    this.nll += result.nll * batch;
    this.kl += result.kl;
    this.correct += result.correct;
    this.images += batch;
    this.steps++;
    // Welford's update: where the weight never changes, the covariance is exactly 0.
    const apart = klWeight - this.klWeight;
    this.klWeight += apart / this.steps;
    this.klMean += (result.kl - this.klMean) / this.steps;
    this.covariance += apart * (result.kl - this.klMean);
  }

  /** Mean over the steps of weight * KL: the product of the means plus the covariance. */
  get weightedKl(): number {
    return this.klWeight * (this.kl / this.steps) + this.covariance / this.steps;
  }
}
