import { Calibration, type CalibrationBin } from './calibration.js';
import { checkCount, checkLabels, metricError } from './check.js';
import { Predictive } from './predictive.js';

/** Metrics of one evaluation; entropies and NLL in nats. */
export interface PredictionMetrics {
  n: number;
  samples: number;
  /** Of the averaged distribution, as all that follow but `expected_entropy`. */
  nll: number;
  accuracy: number;
  predictive_entropy: number;
  expected_entropy: number;
  mutual_information: number;
  ece: number;
  brier: number;
}

/** What each image was given, in the order of evaluation; [n] each. */
export interface ImagePredictions {
  readonly labels: Int32Array;
  readonly predictions: Int32Array;
  readonly confidences: Float64Array;
  readonly nll: Float64Array;
  readonly predictiveEntropy: Float64Array;
  readonly expectedEntropy: Float64Array;
  readonly mutualInformation: Float64Array;
  /** Flat [n * classes] averaged distribution. */
  readonly probabilities: Float64Array;
}

/** Columns of one batch of `ImagePredictions`. */
type Chunk = ImagePredictions;

function newChunk(images: number, classes: number): Chunk {
  return {
    labels: new Int32Array(images),
    predictions: new Int32Array(images),
    confidences: new Float64Array(images),
    nll: new Float64Array(images),
    predictiveEntropy: new Float64Array(images),
    expectedEntropy: new Float64Array(images),
    mutualInformation: new Float64Array(images),
    probabilities: new Float64Array(images * classes),
  };
}

/**
 * Metrics of an evaluation that sees its images batch by batch. Images are added one
 * after another in float64, so the result does not depend on how they were batched.
 */
export class PredictionAccumulator {
  private readonly row: Predictive;
  private readonly reliability = new Calibration();
  private readonly chunks: Chunk[] = [];
  private readonly keepImages: boolean;
  private n = 0;
  private correct = 0;
  private nll = 0;
  private brier = 0;
  private predictiveEntropy = 0;
  private expectedEntropy = 0;
  private mutualInformation = 0;

  /** @param options.keepImages also keep what `images()` returns: 8 * (classes + 5) + 8 bytes an image */
  constructor(
    private readonly classes: number,
    private readonly samples: number,
    options: { keepImages?: boolean } = {},
  ) {
    checkCount('PredictionAccumulator', 'classes', classes);
    checkCount('PredictionAccumulator', 'samples', samples);
    this.row = new Predictive(classes, samples);
    this.keepImages = options.keepImages ?? false;
  }

  /**
   * Adds B images; the arrays are read at once and may be reused.
   * @param logits [samples] of flat [B * classes]
   * @param labels [B] class indices
   * @throws BayescnnError on a wrong number of samples, logits or labels, or on logits that are not finite
   */
  addBatch(logits: readonly Float32Array[], labels: Int32Array | Uint8Array): void {
    this.checkBatch(logits, labels);
    const chunk = this.keepImages ? newChunk(labels.length, this.classes) : undefined;
    for (let image = 0; image < labels.length; image++) {
      this.row.read(logits, image);
      this.addImage(labels[image], image, chunk);
    }
    if (chunk) this.chunks.push(chunk);
  }

  private checkBatch(logits: readonly Float32Array[], labels: Int32Array | Uint8Array): void {
    const where = 'PredictionAccumulator.addBatch';
    if (logits.length !== this.samples) {
      const what = `needs the logits of ${this.samples} samples, got ${logits.length}`;
      throw metricError(where, what, 'pass every posterior sample of a batch together');
    }
    const size = labels.length * this.classes;
    const wrong = logits.find((sample) => sample.length !== size);
    if (wrong !== undefined) {
      const what = `needs ${size} logits a sample for ${labels.length} images, got ${wrong.length}`;
      throw metricError(where, what, 'pass one logit for each class of each image');
    }
    checkLabels(where, labels, labels.length, this.classes);
  }

  private addImage(label: number, image: number, chunk: Chunk | undefined): void {
    const { row } = this;
    const nll = row.negativeLogLikelihood(label);
    const correct = row.prediction === label;
    this.n++;
    if (correct) this.correct++;
    this.nll += nll;
    this.brier += row.brier(label);
    this.predictiveEntropy += row.predictiveEntropy;
    this.expectedEntropy += row.expectedEntropy;
    this.mutualInformation += row.mutualInformation;
    this.reliability.add(row.confidence, correct);
    if (chunk) this.keep(chunk, image, label, nll);
  }

  private keep(chunk: Chunk, image: number, label: number, nll: number): void {
    const { row } = this;
    chunk.labels[image] = label;
    chunk.predictions[image] = row.prediction;
    chunk.confidences[image] = row.confidence;
    chunk.nll[image] = nll;
    chunk.predictiveEntropy[image] = row.predictiveEntropy;
    chunk.expectedEntropy[image] = row.expectedEntropy;
    chunk.mutualInformation[image] = row.mutualInformation;
    chunk.probabilities.set(row.mean, image * this.classes);
  }

  /** @throws BayescnnError when no image was added */
  finish(): PredictionMetrics {
    const { n } = this;
    if (n === 0) {
      const what = 'needs at least one image, got none';
      throw metricError('PredictionAccumulator.finish', what, 'check the split and the subset');
    }
    return {
      n,
      samples: this.samples,
      nll: this.nll / n,
      accuracy: this.correct / n,
      predictive_entropy: this.predictiveEntropy / n,
      expected_entropy: this.expectedEntropy / n,
      mutual_information: this.mutualInformation / n,
      ece: this.reliability.error(),
      brier: this.brier / n,
    };
  }

  /** The reliability diagram of the images so far, in 15 bins. */
  calibrationBins(): CalibrationBin[] {
    return this.reliability.bins();
  }

  /** @throws BayescnnError unless built with `keepImages` */
  images(): ImagePredictions {
    if (!this.keepImages) {
      const what = 'needs keepImages, got an accumulator that keeps sums only';
      throw metricError('PredictionAccumulator.images', what, 'build it with { keepImages: true }');
    }
    const all = newChunk(this.n, this.classes);
    let start = 0;
    for (const chunk of this.chunks) {
      for (const [name, values] of Object.entries(chunk) as [keyof Chunk, Float64Array][]) {
        const width = name === 'probabilities' ? this.classes : 1;
        all[name].set(values, start * width);
      }
      start += chunk.labels.length;
    }
    return all;
  }
}
