import { setImmediate } from 'node:timers/promises';
import type { ActiveEngine } from '../backends/select.js';
import { CLASS_COUNT, IMAGE_BYTES } from '../data/index.js';
import { DetailedAccumulator } from '../metrics/index.js';
import type { Classifier } from '../train/classifier.js';
import { type DrawOptions, drawLogits } from '../train/draw-logits.js';
import type { LabelledSource } from '../train/step.js';

/** Images that are changed between two looks at the signal. */
const CHUNK = 200;

/** Changed images are evaluated as the clean ones were: same order, samples and noise. */
export interface ShiftedEvaluation {
  classifier: Classifier;
  engine: ActiveEngine;
  clean: LabelledSource;
  options: DrawOptions;
}

/** Writes images [n * 3072] that take the place of the clean ones at `indices` [n]. */
export type Fill = (indices: Int32Array, out: Uint8Array) => void | Promise<void>;

/** Evaluates one buffer of images again and again, filled anew each time. */
export class ChangedImages {
  private readonly images: Uint8Array;
  private readonly source: LabelledSource;
  private readonly options: DrawOptions;
  private readonly indices: Int32Array;

  constructor(private readonly evaluation: ShiftedEvaluation) {
    const { engine, clean, options } = evaluation;
    const { indices } = options;
    this.indices = indices;
    const bytes = indices.length * IMAGE_BYTES;
    this.images = engine.allocate?.(bytes) ?? new Uint8Array(bytes);
    const labels = Uint8Array.from(indices, (index) => clean.labels[index]);
    this.source = { ...clean, images: this.images, labels };
    this.options = { ...options, indices: indices.map((_, i) => i) };
  }

  /** What the classifier makes of the images that `fill` writes. */
  async measure(fill: Fill): Promise<DetailedAccumulator> {
    const { indices, images, options } = this;
    for (let first = 0; first < indices.length; first += CHUNK) {
      options.signal?.throwIfAborted();
      await fill(indices.subarray(first, first + CHUNK), images.subarray(first * IMAGE_BYTES));
      await setImmediate();
    }
    const detailed = new DetailedAccumulator(CLASS_COUNT);
    await drawLogits(this.evaluation.classifier, this.source, options, detailed);
    return detailed;
  }
}
