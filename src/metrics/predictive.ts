import { checkCount, type Numbers, sampleRows } from './check.js';
import { entropyRow } from './entropy.js';
import { argmaxRow, softmaxRow } from './softmax.js';

/**
 * The Monte Carlo predictive distribution of one image at a time: `read` an image, then ask; or `open` it and
 * `next` sample by sample, asking in between: after s samples the answers are, bit for bit, those of an
 * evaluation with s samples. Probabilities are averaged over samples, never logits. Holds scratch memory, so
 * that a whole evaluation allocates nothing for an image.
 */
export class Predictive {
  /** [classes] mean over samples of the softmax. */
  readonly mean: Float64Array;
  /** Mean over samples of each sample's entropy, nats. */
  expectedEntropy = 0;
  /** Entropy of `mean`, nats. */
  predictiveEntropy = 0;
  /** First arg-max of `mean`. */
  prediction = 0;
  /** [classes] probabilities of the sample read last. */
  readonly sample: Float64Array;
  private readonly sums: Float64Array;
  private readonly normalisers: Float64Array;
  private logits: readonly Numbers[] = [];
  private offset = 0;
  private entropies = 0;
  private count = 0;

  constructor(
    private readonly classes: number,
    private readonly samples: number,
  ) {
    checkCount('Predictive', 'classes', classes);
    checkCount('Predictive', 'samples', samples);
    this.mean = new Float64Array(classes);
    this.sums = new Float64Array(classes);
    this.sample = new Float64Array(classes);
    this.normalisers = new Float64Array(samples);
  }

  /** @param logits [samples] of flat [images * classes], lengths already checked */
  read(logits: readonly Numbers[], image: number): void {
    this.open(logits, image);
    for (let s = 0; s < this.samples; s++) this.addSample(s);
    this.settle();
  }

  /** Starts an image; parameters as of `read`. */
  open(logits: readonly Numbers[], image: number): void {
    this.logits = logits;
    this.offset = image * this.classes;
    this.sums.fill(0);
    this.entropies = 0;
    this.count = 0;
  }

  /**
   * Takes in the open image's next sample.
   * @param asked whether an answer is wanted before the sample after it: the averages cost a third of a sample's time
   */
  next(asked = true): void {
    this.addSample(this.count);
    if (asked) this.settle();
  }

  /** Averages the samples so far. */
  private settle(): void {
    const { count, classes } = this;
    for (let k = 0; k < classes; k++) this.mean[k] = this.sums[k] / count;
    this.expectedEntropy = this.entropies / count;
    // One sample is its own mean: the identity keeps mutual information at an exact 0.
    this.predictiveEntropy = count === 1 ? this.expectedEntropy : entropyRow(this.mean, 0, classes);
    this.prediction = argmaxRow(this.mean, 0, classes);
  }

  /** Adds one sample's probabilities to the sums, and its entropy: normaliser - sum of p * logit. */
  private addSample(s: number): void {
    const { classes, sample, sums, offset } = this;
    const logits = this.logits[s];
    const normaliser = softmaxRow(logits, offset, classes, sample, 0);
    this.normalisers[s] = normaliser;
    let entropy = 0;
    for (let k = 0; k < classes; k++) {
      const p = sample[k];
      sums[k] += p;
      // p = 0 adds 0 (the limit of p log p), where the product could be 0 * Infinity.
      if (p > 0) entropy += p * (normaliser - logits[offset + k]);
    }
    this.entropies += entropy;
    this.count = s + 1;
  }

  /** Highest probability of `mean`. */
  get confidence(): number {
    return this.mean[this.prediction];
  }

  /** Mutual information of label and weights, nats (BALD, Houlsby et al. 2011); never below 0. */
  get mutualInformation(): number {
    // Jensen's inequality: a negative difference is rounding.
    return Math.max(0, this.predictiveEntropy - this.expectedEntropy);
  }

  /**
   * -log of the mean probability of `label`, by log-sum-exp over samples: finite even
   * where every sample's probability underflows.
   */
  negativeLogLikelihood(label: number): number {
    let maximum = -Infinity;
    for (let s = 0; s < this.count; s++) maximum = Math.max(maximum, this.logProbability(s, label));
    if (maximum === -Infinity) return Infinity;
    let sum = 0;
    for (let s = 0; s < this.count; s++) sum += Math.exp(this.logProbability(s, label) - maximum);
    const nll = Math.log(this.count) - maximum - Math.log(sum);
    return nll === 0 ? 0 : nll;
  }

  private logProbability(s: number, label: number): number {
    return this.logits[s][this.offset + label] - this.normalisers[s];
  }

  /** Sum over classes of (p - one-hot)^2 (Brier 1950): 0 to 2. */
  brier(label: number): number {
    let sum = 0;
    for (let k = 0; k < this.classes; k++) {
      const difference = this.mean[k] - (k === label ? 1 : 0);
      sum += difference * difference;
    }
    return sum;
  }
}

/**
 * The mean over samples of the softmax.
 * @param logits [samples] of flat [images * classes]
 * @returns flat [images * classes]
 */
export function meanProbabilities(logits: readonly Numbers[], classes: number): Float64Array {
  const images = sampleRows('meanProbabilities', logits, classes);
  const predictive = new Predictive(classes, logits.length);
  const mean = new Float64Array(images * classes);
  for (let image = 0; image < images; image++) {
    predictive.read(logits, image);
    mean.set(predictive.mean, image * classes);
  }
  return mean;
}
