import type { tf } from '../../src/backends/tfjs.js';
import { type Augmentation, drawTransforms } from '../../src/data/index.js';
import { createModel, type Model, type ModelOptions } from '../../src/models/index.js';
import { Stream, streamKey } from '../../src/rng.js';
import { createOptimizer, type Optimizer, type OptimizerOptions } from '../../src/train/optimizer.js';
import { type LabelledSource, type StepResult, TrainStep } from '../../src/train/step.js';

const IMAGES = 64;

/** Noise images with labels, the same in every call. */
export function noiseSource(): LabelledSource {
  const stream = new Stream(streamKey(3, 'images'));
  return {
    images: Uint8Array.from({ length: 3072 * IMAGES }, () => stream.word() & 255),
    labels: Uint8Array.from({ length: IMAGES }, () => stream.below(10)),
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  };
}

const SGD: OptimizerOptions = { kind: 'sgd', momentum: 0.9, weightDecay: 0.001 };

export interface TrainingOptions {
  /** Overrides of the model. */
  model?: Partial<ModelOptions>;
  optimizer?: OptimizerOptions;
  augment?: readonly Augmentation[];
}

/** A LeNet in training, on the current engine. */
export class Training {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly step: TrainStep;
  private taken = 0;

  constructor(
    bayesian: ModelOptions['bayesian'],
    source: LabelledSource,
    private readonly options: TrainingOptions = {},
  ) {
    const { model, optimizer = SGD } = options;
    const prior = { kind: 'gaussian', sigma: 0.5 } as const;
    const posterior = { sigma: 0.05, clamp: 0, meanInit: 'uniform' as const };
    this.model = createModel({ architecture: 'lenet', bayesian, prior, posterior, seed: 4, ...model });
    this.optimizer = createOptimizer(this.model.parameters, optimizer);
    this.step = new TrainStep(this.model, this.optimizer, source);
  }

  /** Steps of the given batch sizes; images, rate and KL weight change with every step. */
  run(sizes: readonly number[]): StepResult[] {
    return sizes.map((size) => {
      const step = this.taken++;
      const indices = Int32Array.from({ length: size }, (_, i) => (11 * step + 5 * i) % IMAGES);
      const augment = this.options.augment ?? [];
      // An epoch of four steps.
      const epoch = 1 + Math.floor(step / 4);
      const transforms = drawTransforms(indices, augment, streamKey(4, 'augment'), epoch);
      const rate = 0.01 / (1 + step / 50);
      const klScale = (1 + (step % 3)) / 5000;
      return this.step.run(indices, step, rate, klScale, augment.length === 0 ? undefined : transforms);
    });
  }

  /** The bits of all parameters, by name. */
  bits(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.model.toTorch()).map(([name, { data }]) => [name, bitsOf(data)]),
    );
  }

  dispose(): void {
    this.step.dispose();
    this.optimizer.dispose();
    this.model.dispose();
  }
}

/** The bytes of an array in hexadecimal: equal texts are equal bits, -0 and NaN included. */
export function bitsOf(values: ReturnType<tf.Tensor['dataSync']>): string {
  const { buffer, byteOffset, byteLength } = values as Float32Array;
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('hex');
}
