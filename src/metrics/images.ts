import type { Predictive } from './predictive.js';

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

function columns(images: number, classes: number): ImagePredictions {
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

type Columns = Record<keyof ImagePredictions, Float64Array>;

/** Keeps what each image was given: 8 * (classes + 5) + 8 bytes an image, up to twice that while it grows. */
export class ImageTable {
  private rows: ImagePredictions;
  private n = 0;

  constructor(private readonly classes: number) {
    this.rows = columns(256, classes);
  }

  /** Adds the image that `row` stands at, whose `nll` is known already. */
  add(row: Predictive, label: number, nll: number): void {
    if (this.n === this.rows.labels.length) this.rows = this.copy(2 * this.n, this.n);
    const { rows, n } = this;
    rows.labels[n] = label;
    rows.predictions[n] = row.prediction;
    rows.confidences[n] = row.confidence;
    rows.nll[n] = nll;
    rows.predictiveEntropy[n] = row.predictiveEntropy;
    rows.expectedEntropy[n] = row.expectedEntropy;
    rows.mutualInformation[n] = row.mutualInformation;
    rows.probabilities.set(row.mean, n * this.classes);
    this.n++;
  }

  /** The images so far; a copy. */
  images(): ImagePredictions {
    return this.copy(this.n, this.n);
  }

  private copy(capacity: number, used: number): ImagePredictions {
    const into = columns(capacity, this.classes);
    for (const [name, values] of Object.entries(this.rows as unknown as Columns)) {
      const width = name === 'probabilities' ? this.classes : 1;
      (into as unknown as Columns)[name as keyof Columns].set(values.subarray(0, used * width));
    }
    return into;
  }
}
