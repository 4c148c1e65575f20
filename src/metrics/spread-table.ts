import { type Numbers, sampleRows } from './check.js';
import { Predictive } from './predictive.js';
import { type SampleSpread, Spread } from './spread.js';

/** Keeps how far each image's samples lie apart. */
export class SpreadTable {
  private readonly variationRatio: number[] = [];
  private readonly disagreement: number[] = [];
  private readonly aleatoric: number[] = [];
  private readonly epistemic: number[] = [];

  /** Adds the image that `spread` stands at. @param mean [classes] its averaged distribution */
  add(spread: Spread, mean: Float64Array): void {
    this.variationRatio.push(spread.variationRatio);
    this.disagreement.push(spread.disagreement);
    this.aleatoric.push(spread.aleatoric);
    this.epistemic.push(spread.epistemic(mean));
  }

  /** The images so far. */
  images(): SampleSpread {
    return {
      variationRatio: Float64Array.from(this.variationRatio),
      disagreement: Float64Array.from(this.disagreement),
      aleatoric: Float64Array.from(this.aleatoric),
      epistemic: Float64Array.from(this.epistemic),
    };
  }
}

/**
 * How far posterior samples lie apart, image by image.
 * @param logits [samples] of flat [images * classes]
 */
export function sampleSpread(logits: readonly Numbers[], classes: number): SampleSpread {
  const images = sampleRows('sampleSpread', logits, classes);
  const row = new Predictive(classes, logits.length);
  const spread = new Spread(classes);
  const table = new SpreadTable();
  for (let image = 0; image < images; image++) {
    row.open(logits, image);
    spread.open();
    for (let s = 0; s < logits.length; s++) {
      row.next();
      spread.add(row.sample);
    }
    table.add(spread, row.mean);
  }
  return table.images();
}
