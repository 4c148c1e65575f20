import { tf } from '../backends/tfjs.js';
import { BayescnnError } from '../errors.js';
import type { NamedVariable, TorchTensor } from '../models/named-variable.js';
import { exportRecord, importRecord, type TorchRecord } from '../models/torch-record.js';
import { adamUpdate } from '../ops/adam-update.js';
import { writeTensor } from '../ops/write-tensor.js';
import type { Optimizer } from './optimizer.js';
import { emptySlot } from './optimizer-slot.js';

/** The settings of torch.optim.Adam and AdamW; the rate comes with the schedule. */
export interface AdamSettings {
  /** Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** AdamW: the decay shrinks the weights instead of joining the gradient. Default false. */
  readonly decoupled?: boolean;
}

/** Adam or AdamW over a model's parameters, step for step as torch.optim.Adam and torch.optim.AdamW. */
export class Adam implements Optimizer {
  /** float32 [3], what `adamUpdate` calls rates: always those of the next step, so that it may be a replay. */
  private readonly rates: tf.Variable<tf.Rank.R1>;
  private readonly first: readonly NamedVariable[];
  private readonly second: readonly NamedVariable[];
  private readonly settings: Required<AdamSettings>;
  private learningRate = 0;
  private taken = 0;

  /** @throws BayescnnError 'config' for settings that torch.optim.Adam refuses, and for eps 0 */
  constructor(
    private readonly parameters: readonly NamedVariable[],
    settings: AdamSettings = {},
  ) {
    this.settings = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, decoupled: false, ...settings };
    checkSettings(this.settings);
    this.rates = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([3]), false));
    this.first = emptySlot(parameters, 'exp_avg');
    this.second = emptySlot(parameters, 'exp_avg_sq');
    this.writeRates();
  }

  get steps(): number {
    return this.taken;
  }

  countReplayed(steps = 1): void {
    this.taken += steps;
    this.writeRates();
  }

  setLearningRate(rate: number): void {
    this.learningRate = rate;
    this.writeRates();
  }

  step(gradients: readonly tf.Tensor[]): void {
    const { betas, eps, weightDecay, decoupled } = this.settings;
    const variables = (list: readonly NamedVariable[]) => list.map(({ variable }) => variable);
    adamUpdate(
      variables(this.parameters),
      gradients,
      { first: variables(this.first), second: variables(this.second) },
      this.rates,
      { betas, eps, l2: decoupled ? 0 : weightDecay },
    );
    this.taken++;
    this.writeRates();
  }

  /** Step size, bias correction and decay of the next step, worked out in double as PyTorch does. */
  private writeRates(): void {
    const { betas, weightDecay, decoupled } = this.settings;
    const next = this.taken + 1;
    const stepSize = this.learningRate / (1 - betas[0] ** next);
    const keep = decoupled ? 1 - this.learningRate * weightDecay : 1;
    writeTensor(this.rates, Float32Array.of(stepSize, Math.sqrt(1 - betas[1] ** next), keep));
  }

  /** The moments `<parameter>.exp_avg` and `<parameter>.exp_avg_sq`, in PyTorch's layouts. */
  toTorch(): Record<string, TorchTensor> {
    return exportRecord([...this.first, ...this.second]);
  }

  restore(record: TorchRecord, steps: number): void {
    importRecord('optimizer', [...this.first, ...this.second], record);
    this.taken = steps;
    this.writeRates();
  }

  dispose(): void {
    this.rates.dispose();
    for (const { variable } of [...this.first, ...this.second]) variable.dispose();
  }
}

function checkSettings({ betas, eps, weightDecay }: Required<AdamSettings>): void {
  const decays = betas.every((beta) => beta >= 0 && beta < 1);
  if (decays && eps > 0 && weightDecay >= 0 && Number.isFinite(eps + weightDecay)) return;
  throw new BayescnnError(
    'config',
    `Adam: betas must be in [0, 1), eps > 0 and weight decay >= 0, got betas ${betas.join(' and ')}, eps ${eps}, weight decay ${weightDecay}`,
    { hint: 'try betas 0.9 and 0.999, eps 1e-8; with eps 0 a weight without a gradient would be 0 / 0' },
  );
}
