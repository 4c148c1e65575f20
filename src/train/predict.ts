import { tf } from '../backends/tfjs.js';
import { CLASS_COUNT } from '../data/dataset.js';
import { BayescnnError } from '../errors.js';
import type { Model, StepWeights } from '../models/index.js';
import { gatherImages, type ImageSource, writeTensor } from '../ops/index.js';
import type { LogitPredictor } from './classifier.js';
import { evaluationClock, SHARED_IMAGES } from './evaluation-clock.js';
import { createRunner, type StepRunner } from './runner.js';

/** Rows of one forward pass: few enough that what the layers pass on stays in a core's cache. */
const ROWS = 256;
/** Samples of an image in one pass: many where there are, since each pass works out the first layer's moments. */
const SAMPLES = 128;

export interface PredictorOptions {
  /** Posterior samples of each image. */
  readonly samples: number;
  /** Names the noise: the epoch after which the model is evaluated. */
  readonly epoch: number;
  /** Give the last layer's inputs in place of logits; default false. */
  readonly features?: boolean;
}

/** The inputs of forward passes over one number of images and of samples, and their runner. */
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
  /** Samples of an image in one pass after the other. */
  private readonly passes: readonly number[];
  private readonly clock = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([4], 'int32'), false));
  private readonly weights: StepWeights;
  private readonly slots = new Map<string, Slot>();

  constructor(
    private readonly model: Model,
    private readonly source: ImageSource,
    private readonly options: PredictorOptions,
  ) {
    const { samples } = options;
    this.passes = model.partsSamples ? evenly(samples, SAMPLES) : Array(samples).fill(1);
    this.images = SHARED_IMAGES * Math.max(1, Math.floor(ROWS / SHARED_IMAGES / this.passes[0]));
    this.setClock(0, 0);
    // TF.js's type of a tensor container knows no read-only fields.
    this.weights = tf.tidy(
      () => model.weights(this.clock) as unknown as tf.TensorContainer,
    ) as unknown as StepWeights;
    this.kl = this.weights.kl === null ? 0 : this.weights.kl.dataSync()[0];
  }

  logits(indices: Int32Array, first: number, into: readonly Float64Array[], at: number): void {
    let sample = 0;
    for (const samples of this.passes) {
      const slot = this.slot(indices.length, samples);
      writeTensor(slot.indices, indices);
      this.setClock(sample, first);
      const forward = () => tf.tidy(() => this.forward(slot.indices, samples));
      const { logits } = slot.runner.run(() => ({ logits: forward() }));
      this.scatter(
        logits.dataSync() as Float32Array,
        indices.length,
        into.slice(sample, sample + samples),
        at,
      );
      sample += samples;
    }
  }

  private forward(indices: tf.Tensor1D, samples: number): tf.Tensor2D {
    const x = gatherImages(indices, this.source);
    const { features = false } = this.options;
    const { clock } = this;
    return this.model.forward(x, this.weights, { sample: true, clock, samples, features });
  }

  private setClock(sample: number, first: number): void {
    writeTensor(this.clock, evaluationClock(this.options.epoch, sample, first));
  }

  /** From image by image, its samples side by side, to sample by sample. */
  private scatter(rows: Float32Array, images: number, into: readonly Float64Array[], at: number): void {
    const samples = into.length;
    const width = this.options.features ? rows.length / (images * samples) : CLASS_COUNT;
    if (rows.length !== images * samples * width) {
      throw new BayescnnError(
        'failure',
        `evaluation: ${samples} samples of ${images} images are ${images * samples * width} logits, got ${rows.length}`,
        { hint: 'a model whose samples do not part must say so (partsSamples)' },
      );
    }
    let from = 0;
    for (let image = 0; image < images; image++) {
      const to = at + image * width;
      for (let sample = 0; sample < samples; sample++)
        for (let k = 0; k < width; k++) into[sample][to + k] = rows[from++];
    }
  }

  private slot(images: number, samples: number): Slot {
    const key = `${images} ${samples}`;
    const known = this.slots.get(key);
    if (known) return known;
    const indices = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([images], 'int32'), false));
    const slot = { indices, runner: createRunner() };
    this.slots.set(key, slot);
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

/** `total` in as few parts as can be of at most `most`, which differ by one at most. */
function evenly(total: number, most: number): number[] {
  const parts = Math.ceil(total / most);
  const upTo = (part: number) => Math.ceil((total * part) / parts);
  return Array.from({ length: parts }, (_, part) => upTo(part + 1) - upTo(part));
}

function tensorsIn(value: unknown): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}
