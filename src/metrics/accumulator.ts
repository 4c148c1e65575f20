import type { CalibrationBin } from './calibration.js';
import { checkBatch, checkCount, metricError, type Numbers } from './check.js';
import { type ImagePredictions, ImageTable } from './images.js';
import { Predictive } from './predictive.js';
import { type PredictionMetrics, PredictionSums } from './sums.js';

/**
 * Metrics of an evaluation that sees its images batch by batch. Images are added one
 * after another in float64, so the result does not depend on how they were batched.
 */
export class PredictionAccumulator {
  private readonly row: Predictive;
  private readonly sums = new PredictionSums();
  private readonly table: ImageTable | undefined;

  /** @param options.keepImages also keep what `images()` returns: 8 * (classes + 5) + 8 bytes an image */
  constructor(
    private readonly classes: number,
    private readonly samples: number,
    options: { keepImages?: boolean | undefined } = {},
  ) {
    checkCount('PredictionAccumulator', 'classes', classes);
    checkCount('PredictionAccumulator', 'samples', samples);
    this.row = new Predictive(classes, samples);
    if (options.keepImages) this.table = new ImageTable(classes);
  }

  /**
   * Adds B images; the arrays are read at once and may be reused.
   * @param logits [samples] of flat [B * classes]
   * @param labels [B] class indices
   * @throws BayescnnError on a wrong number of samples, logits or labels, or on logits that are not finite
   */
  addBatch(logits: readonly Numbers[], labels: Int32Array | Uint8Array): void {
    checkBatch('PredictionAccumulator.addBatch', logits, labels, this.classes, this.samples);
    for (let image = 0; image < labels.length; image++) {
      this.row.read(logits, image);
      const nll = this.row.negativeLogLikelihood(labels[image]);
      this.sums.add(this.row, labels[image], nll);
      this.table?.add(this.row, labels[image], nll);
    }
  }

  /** @throws BayescnnError when no image was added */
  finish(): PredictionMetrics {
    return this.sums.finish('PredictionAccumulator.finish', this.samples);
  }

  /** The reliability diagram of the images so far, in 15 bins. */
  calibrationBins(): CalibrationBin[] {
    return this.sums.bins();
  }

  /** @throws BayescnnError unless built with `keepImages` */
  images(): ImagePredictions {
    if (this.table) return this.table.images();
    const what = 'needs keepImages, got an accumulator that keeps sums only';
    throw metricError('PredictionAccumulator.images', what, 'build it with { keepImages: true }');
  }
}
