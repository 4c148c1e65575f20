import { setImmediate } from 'node:timers/promises';
import { CLASS_COUNT } from '../data/dataset.js';
import type { Model } from '../models/index.js';
import { type Classifier, classifierOf, type LogitPredictor } from './classifier.js';
import type { LabelledSource } from './step.js';

export interface DrawOptions {
  /** Images, in this order. */
  readonly indices: Int32Array;
  /** Posterior samples; a model that draws nothing has one prediction, an ensemble so many of each member. */
  readonly samples: number;
  /** Images between two reports of progress, up to whole passes; their logits are held at once. */
  readonly batchSize: number;
  /** Names the noise: the epoch after which the model is evaluated. */
  readonly epoch: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What takes an evaluation's logits. */
export interface LogitSink {
  /**
   * @param logits [samples] of flat [B * classes]; not to be kept
   * @param labels [B]
   */
  addBatch(logits: readonly Float64Array[], labels: Uint8Array): void;
}

/**
 * Draws the logits of images, of a model or of what was made of trained ones, and hands them to `sink` batch by batch, in order.
 * They depend on neither the batch size nor the engine's threads: noise is named by (epoch, sample, image).
 * @returns KL(q || prior), nats; 0 without a posterior
 */
export async function drawLogits(
  model: Model | Classifier,
  source: LabelledSource,
  options: DrawOptions,
  sink: LogitSink,
): Promise<number> {
  const classifier = 'predictor' in model ? model : classifierOf(model);
  const predictor = classifier.predictor(source, { samples: options.samples, epoch: options.epoch });
  const total = options.indices.length;
  const rows = Math.min(total, batchOf(options.batchSize, predictor.images));
  const predictions = classifier.predictions(options.samples);
  const logits = Array.from({ length: predictions }, () => new Float64Array(rows * CLASS_COUNT));
  try {
    for (let first = 0; first < total; first += rows) {
      const indices = options.indices.subarray(first, first + rows);
      await predictBatch(predictor, indices, first, logits, options.signal);
      const size = indices.length * CLASS_COUNT;
      const batch = logits.map((all) => all.subarray(0, size));
      sink.addBatch(
        batch,
        Uint8Array.from(indices, (index) => source.labels[index]),
      );
      options.onProgress?.(Math.min(total, first + rows), total);
    }
    return predictor.kl;
  } finally {
    predictor.dispose();
  }
}

/** Images of a batch: whole passes where it holds one, so that all but the last are of one size. */
function batchOf(batchSize: number, pass: number): number {
  return batchSize < pass ? batchSize : pass * Math.ceil(batchSize / pass);
}

/** Logits [samples] of [B * classes] of a batch, pass by pass. */
async function predictBatch(
  predictor: LogitPredictor,
  indices: Int32Array,
  first: number,
  logits: readonly Float64Array[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let done = 0; done < indices.length; done += predictor.images) {
    signal?.throwIfAborted();
    const images = indices.subarray(done, done + predictor.images);
    predictor.logits(images, first + done, logits, done * CLASS_COUNT);
    // Lets signals and timers through.
    await setImmediate();
  }
}
