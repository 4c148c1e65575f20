import { tf } from '../backends/tfjs.js';
import type { Model } from '../models/index.js';
import {
  gatherImages,
  gatherLabels,
  type ImageSource,
  softmaxCrossEntropy,
  writeTensor,
} from '../ops/index.js';
import type { Optimizer } from './optimizer.js';
import { createRunner, type Outputs, type RecordingRunner, type StepRunner } from './runner.js';

/** Labelled images that steps draw their batches from. */
export interface LabelledSource extends ImageSource {
  readonly labels: Uint8Array;
}

/** What one step measured, before its update. */
export interface StepResult {
  /** Mean negative log likelihood of the batch, nats. */
  nll: number;
  /** Rows whose most probable class is the label. */
  correct: number;
  /** KL(q || prior) in nats; 0 without a posterior. */
  kl: number;
}

/** The inputs of a step of one batch size, and its runner. */
interface Slot {
  indices: tf.Variable<tf.Rank.R1>;
  /** int32 [3 B] where images are augmented. */
  transforms?: tf.Variable<tf.Rank.R1>;
  runner: StepRunner;
}

/**
 * One optimizer step on the ELBO, as in Blundell et al. 2015, eq. 2 per example:
 * loss = mean NLL + weight * KL(q || prior) / N.
 */
export class TrainStep {
  /** [step, sample, first image, 0]: where the posterior noise stands. */
  private readonly clock = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([4], 'int32'), false));
  private readonly klScale = tf.tidy(() => tf.variable(tf.scalar(0), false));
  private readonly slots = new Map<number, Slot>();
  private readonly variables: tf.Variable[];

  constructor(
    private readonly model: Model,
    private readonly optimizer: Optimizer,
    private readonly source: LabelledSource,
  ) {
    this.variables = model.parameters.map(({ variable }) => variable);
  }

  /** Why steps are not replayed, where the engine could and the step does not let it. */
  get obstacle(): string | undefined {
    return [...this.slots.values()]
      .map(({ runner }) => runner.obstacle)
      .find((reason) => reason !== undefined);
  }

  /** Has the replayed steps of one batch size run by `runner`, or by the engine again where it is undefined. */
  runReplaysBy(batchSize: number, runner: RecordingRunner | undefined): void {
    this.slot(batchSize).runner.runner = runner;
  }

  /**
   * @param indices [B] images of the batch
   * @param step counts over the whole run; names the noise
   * @param klScale weight / N
   * @param transforms [3 B] how each image is augmented, as `gatherImages` takes it; always or never
   */
  run(
    indices: Int32Array,
    step: number,
    learningRate: number,
    klScale: number,
    transforms?: Int32Array,
  ): StepResult {
    const slot = this.slot(indices.length, transforms?.length);
    writeTensor(slot.indices, indices);
    if (slot.transforms && transforms) writeTensor(slot.transforms, transforms);
    writeTensor(this.clock, Int32Array.of(step, 0, 0, 0));
    writeTensor(this.klScale, Float32Array.of(klScale));
    this.optimizer.setLearningRate(learningRate);
    // The first step fills the momentum buffers and is like no other: it is not recorded.
    if (this.optimizer.steps > 0) return measured(this.repeat(slot));
    const outputs = this.compute(slot);
    const result = measured(outputs);
    tf.dispose(outputs);
    return result;
  }

  private repeat(slot: Slot): Outputs {
    const before = this.optimizer.steps;
    const outputs = slot.runner.run(() => this.compute(slot));
    if (this.optimizer.steps === before) this.optimizer.countReplayed();
    return outputs;
  }

  private slot(batchSize: number, transformsSize?: number): Slot {
    const known = this.slots.get(batchSize);
    if (known) return known;
    const input = (size: number) => tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([size], 'int32'), false));
    const slot: Slot = { indices: input(batchSize), runner: createRunner() };
    if (transformsSize !== undefined) slot.transforms = input(transformsSize);
    this.slots.set(batchSize, slot);
    return slot;
  }

  private compute(slot: Slot): Outputs {
    return tf.tidy(() => {
      const outputs: Outputs = {};
      const { grads } = tf.variableGrads(() => this.loss(slot, outputs), this.variables);
      this.optimizer.step(this.variables.map((variable) => grads[variable.name]));
      return outputs;
    });
  }

  private loss({ indices, transforms }: Slot, outputs: Outputs): tf.Scalar {
    const x = gatherImages(indices, this.source, transforms);
    const labels = gatherLabels(indices, this.source.labels);
    const weights = this.model.weights(this.clock);
    const logits = this.model.forward(x, weights, {
      sample: true,
      training: true,
      clock: this.clock,
    });
    const { loss, correct } = softmaxCrossEntropy(logits, labels);
    // Kept: variableGrads disposes of what its function does not return.
    outputs.nll = tf.keep(loss);
    outputs.correct = tf.keep(correct);
    if (weights.kl === null) return loss;
    outputs.kl = tf.keep(weights.kl);
    return tf.add(loss, tf.mul(this.klScale, weights.kl));
  }

  dispose(): void {
    for (const { indices, transforms, runner } of this.slots.values()) {
      runner.dispose();
      tf.dispose([indices, ...(transforms ? [transforms] : [])]);
    }
    tf.dispose([this.clock, this.klScale]);
  }
}

function measured({ nll, correct, kl }: Outputs): StepResult {
  return { nll: read(nll), correct: read(correct), kl: kl ? read(kl) : 0 };
}

function read(scalar: tf.Tensor): number {
  return scalar.dataSync()[0];
}
