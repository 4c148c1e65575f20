import { tf } from '../backends/tfjs.js';
import { CLASS_COUNT } from '../data/dataset.js';
import { BayescnnError } from '../errors.js';
import type { Model, StepWeights } from '../models/index.js';
import { gatherImages, type ImageSource, writeTensor } from '../ops/index.js';
import type { LogitPredictor } from './classifier.js';
import { evaluationClock } from './evaluation-clock.js';
import { createRunner, type StepRunner } from './runner.js';

/** Rows of one forward pass: few enough that what the layers pass on stays in a core's cache. */
const ROWS = 256;

export interface PredictorOptions {
  /** Posterior samples of each image. */
  readonly samples: number;
  /** Names the noise: the epoch after which the model is evaluated. */
  readonly epoch: number;
  /** Give the last layer's inputs in place of logits; default false. */
  readonly features?: boolean;
}

/** The inputs of forward passes over one number of images, and their runner. */
interface Slot {
  indices: tf.Variable<tf.Rank.R1>;
  runner: StepRunner;
}

/**
 * Draws a model's logits for images by number. What does not change between images (the weights' variances, the KL)
 * is worked out once; forward passes are replayed where the engine can, with the same bits.
 */
export class Predictor implements LogitPredictor {
  /** Images that one pass holds. */
  readonly images: number;
  /** KL(q || prior), nats; 0 without a posterior. */
  readonly kl: number;
  /** Samples of an image in one pass: all of them, or one. */
  private readonly together: number;
  private readonly clock = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([4], 'int32'), false));
  private readonly weights: StepWeights;
  private readonly slots = new Map<number, Slot>();

  constructor(
    private readonly model: Model,
    private readonly source: ImageSource,
    private readonly options: PredictorOptions,
  ) {
    this.together = model.partsSamples ? options.samples : 1;
    this.images = Math.max(1, Math.floor(ROWS / this.together));
    this.setClock(0, 0);
    // TF.js's type of a tensor container knows no read-only fields.
    this.weights = tf.tidy(
      () => model.weights(this.clock) as unknown as tf.TensorContainer,
    ) as unknown as StepWeights;
    this.kl = this.weights.kl === null ? 0 : this.weights.kl.dataSync()[0];
  }

  logits(indices: Int32Array, first: number, into: readonly Float64Array[], at: number): void {
    const slot = this.slot(indices.length);
    writeTensor(slot.indices, indices);
    for (let sample = 0; sample < this.options.samples; sample += this.together) {
      this.setClock(sample, first);
      const { logits } = slot.runner.run(() => ({ logits: tf.tidy(() => this.forward(slot.indices)) }));
      this.scatter(logits.dataSync() as Float32Array, indices.length, into.slice(sample), at);
    }
  }

  private forward(indices: tf.Tensor1D): tf.Tensor2D {
    const x = gatherImages(indices, this.source);
    const { features = false } = this.options;
    const { clock, together: samples } = this;
    return this.model.forward(x, this.weights, { sample: true, clock, samples, features });
  }

  private setClock(sample: number, first: number): void {
    writeTensor(this.clock, evaluationClock(this.options.epoch, sample, first));
  }

  /** From image by image, its samples side by side, to sample by sample. */
  private scatter(rows: Float32Array, images: number, into: readonly Float64Array[], at: number): void {
    const width = this.options.features ? rows.length / (images * this.together) : CLASS_COUNT;
    if (rows.length !== images * this.together * width) {
      throw new BayescnnError(
        'failure',
        `evaluation: ${this.together} samples of ${images} images are ${images * this.together * width} logits, got ${rows.length}`,
        { hint: 'a model whose samples do not part must say so (partsSamples)' },
      );
    }
    let from = 0;
    for (let image = 0; image < images; image++) {
      const to = at + image * width;
      for (let sample = 0; sample < this.together; sample++)
        for (let k = 0; k < width; k++) into[sample][to + k] = rows[from++];
    }
  }

  private slot(images: number): Slot {
    const known = this.slots.get(images);
    if (known) return known;
    const indices = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([images], 'int32'), false));
    const slot = { indices, runner: createRunner() };
    this.slots.set(images, slot);
    return slot;
  }

  dispose(): void {
    for (const { indices, runner } of this.slots.values()) {
      runner.dispose();
      indices.dispose();
    }
    const own = new Set<tf.Tensor>(Object.values(tf.engine().registeredVariables));
    for (const tensor of tensorsIn(this.weights)) if (!own.has(tensor)) tensor.dispose();
    this.clock.dispose();
  }
}

function tensorsIn(value: unknown): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}
