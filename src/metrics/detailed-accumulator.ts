import { checkBatch, checkCount, metricError, type Numbers } from './check.js';
import { type DetailedMetrics, DetailedSums } from './detailed.js';
import { type ImagePredictions, ImageTable } from './images.js';
import { Predictive } from './predictive.js';
import { type SampleSpread, Spread } from './spread.js';
import { SpreadTable } from './spread-table.js';

/** Each image's averaged distribution, and how far its samples lie apart. */
export type DetailedImages = ImagePredictions & SampleSpread;

/** The parts of one evaluation, made when the first batch tells the number of samples. */
class Parts {
  readonly row: Predictive;
  readonly spread: Spread;
  /** One for each number of samples 1 .. S, or for S alone. */
  readonly sums: DetailedSums[];
  readonly table: ImageTable;
  readonly spreads = new SpreadTable();

  constructor(
    readonly classes: number,
    readonly samples: number,
    curve: boolean,
  ) {
    this.row = new Predictive(classes, samples);
    this.spread = new Spread(classes);
    this.table = new ImageTable(classes);
    const counts = curve ? Array.from({ length: samples }, (_, s) => s + 1) : [samples];
    this.sums = counts.map((count) => new DetailedSums(classes, count));
  }

  add(logits: readonly Numbers[], image: number, label: number): void {
    const { row, spread, sums, samples } = this;
    row.open(logits, image);
    spread.open();
    let nll = 0;
    for (let s = 0; s < samples; s++) {
      const at = s - samples + sums.length;
      row.next(at >= 0);
      spread.add(row.sample);
      if (at < 0) continue;
      nll = row.negativeLogLikelihood(label);
      sums[at].add(row, spread, label, nll);
    }
    this.table.add(row, label, nll);
    this.spreads.add(spread, row.mean);
  }
}

/**
 * Every metric of an evaluation that sees its images batch by batch; with `curve` also those of its first
 * 1, 2, .. S posterior samples, in one pass: the metrics at s are, bit for bit, those of an evaluation with s
 * samples. The result does not depend on how the images were batched.
 */
export class DetailedAccumulator {
  private readonly wantsCurve: boolean;
  private parts: Parts | undefined;

  /** @param options.curve also keep what `curve()` returns: about 16 bytes an image and sample */
  constructor(
    private readonly classes: number,
    options: { curve?: boolean } = {},
  ) {
    checkCount('DetailedAccumulator', 'classes', classes);
    this.wantsCurve = options.curve ?? false;
  }

  /**
   * Adds B images; the arrays are read at once and may be reused. The first batch sets the number of samples.
   * @param logits [samples] of flat [B * classes]
   * @param labels [B] class indices
   * @throws BayescnnError on a wrong number of samples, logits or labels, or on logits that are not finite
   */
  addBatch(logits: readonly Numbers[], labels: Int32Array | Uint8Array): void {
    this.parts ??= new Parts(this.classes, logits.length, this.wantsCurve);
    const { parts } = this;
    checkBatch('DetailedAccumulator.addBatch', logits, labels, parts.classes, parts.samples);
    for (let image = 0; image < labels.length; image++) parts.add(logits, image, labels[image]);
  }

  /** @throws BayescnnError when no image was added */
  finish(): DetailedMetrics {
    const { sums } = this.filled('finish');
    return sums[sums.length - 1].finish();
  }

  /**
   * The metrics of the first 1, 2, .. S samples.
   * @throws BayescnnError when no image was added, or unless built with `curve`
   */
  curve(): DetailedMetrics[] {
    if (!this.wantsCurve) {
      const what = 'needs curve, got an accumulator of the last number of samples alone';
      throw metricError('DetailedAccumulator.curve', what, 'build it with { curve: true }');
    }
    return this.filled('curve').sums.map((sums) => sums.finish());
  }

  /** What each image was given. @throws BayescnnError when no image was added */
  images(): DetailedImages {
    const { table, spreads } = this.filled('images');
    return { ...table.images(), ...spreads.images() };
  }

  private filled(method: string): Parts {
    if (this.parts) return this.parts;
    const what = 'needs at least one image, got none';
    throw metricError(`DetailedAccumulator.${method}`, what, 'check the split and the subset');
  }
}
