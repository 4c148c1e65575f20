import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import type { NamedVariable, TorchTensor } from '../models/named-variable.js';
import { exportRecord, importRecord, type TorchRecord } from '../models/torch-record.js';
import { sgdUpdate } from '../ops/sgd-update.js';
import { writeTensor } from '../ops/write-tensor.js';
import type { Optimizer } from './optimizer.js';
import { emptySlot } from './optimizer-slot.js';

/** torch.optim.SGD's settings; the rate comes with the schedule. */
export interface SgdSettings {
  readonly momentum: number;
  /** Default 0. */
  readonly dampening?: number;
  /** Default false. */
  readonly nesterov?: boolean;
  /** Default 0. */
  readonly weightDecay?: number;
}

/** SGD with momentum over a model's parameters, step for step as torch.optim.SGD. */
export class Sgd implements Optimizer {
  /** Scalar variable: a recorded step reads it at each replay. */
  readonly learningRate: tf.Variable<tf.Rank.R0>;
  private readonly velocities: readonly NamedVariable[];
  private readonly settings: Required<SgdSettings>;
  private taken = 0;

  /** @throws BayescnnError 'config' for settings that torch.optim.SGD refuses */
  constructor(
    private readonly parameters: readonly NamedVariable[],
    settings: SgdSettings,
  ) {
    this.settings = { dampening: 0, nesterov: false, weightDecay: 0, ...settings };
    checkSettings(this.settings);
    this.learningRate = tf.tidy(() => tf.variable(tf.scalar(0), false));
    this.velocities = emptySlot(parameters, 'momentum');
  }

  get steps(): number {
    return this.taken;
  }

  /** The momentum buffers are filled by the first step, so that one cannot be a replay. */
  countReplayed(steps = 1): void {
    if (this.taken === 0) {
      throw new BayescnnError(
        'failure',
        'Sgd: the first step fills the momentum buffers, got a replay of another step',
        {
          hint: 'record a step after the first one',
        },
      );
    }
    this.taken += steps;
  }

  setLearningRate(rate: number): void {
    writeTensor(this.learningRate, Float32Array.of(rate));
  }

  step(gradients: readonly tf.Tensor[]): void {
    sgdUpdate(
      this.parameters.map(({ variable }) => variable),
      gradients,
      this.velocities.map(({ variable }) => variable),
      this.learningRate,
      { ...this.settings, first: this.taken === 0 },
    );
    this.taken++;
  }

  /** The momentum buffers `<parameter>.momentum`, in PyTorch's layouts. */
  toTorch(): Record<string, TorchTensor> {
    return exportRecord(this.velocities);
  }

  restore(record: TorchRecord, steps: number): void {
    importRecord('optimizer', this.velocities, record);
    this.taken = steps;
  }

  dispose(): void {
    this.learningRate.dispose();
    for (const { variable } of this.velocities) variable.dispose();
  }
}

function checkSettings({ momentum, dampening, nesterov, weightDecay }: Required<SgdSettings>): void {
  const range = momentum >= 0 && weightDecay >= 0 && Number.isFinite(momentum + dampening + weightDecay);
  if (!range) {
    throw new BayescnnError(
      'config',
      `Sgd: momentum and weight decay must be >= 0 and finite, got momentum ${momentum}, dampening ${dampening}, weight decay ${weightDecay}`,
      { hint: 'try momentum 0.9 and weight decay 0' },
    );
  }
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new BayescnnError(
      'config',
      `Sgd: nesterov needs momentum > 0 and no dampening, got momentum ${momentum}, dampening ${dampening}`,
      { hint: 'try momentum 0.9, dampening 0' },
    );
  }
}
