import { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import { flipoutSum, flipSigns, type SignSource } from '../../ops/flipout.js';
import type { FlipoutSigns, PerturbedWeights } from '../../ops/flipout-conv-relu-pool.js';
import type { GaussianWeights } from '../../ops/lrt-conv-relu-pool.js';
import type { Clock, Noise } from '../../ops/noise.js';
import { sampleWeights } from '../../ops/sample-weights.js';
import type { WeightNoise } from '../../ops/weight-noise.js';
import { type StreamKey, streamKey } from '../../rng.js';
import { defaultBound } from '../initialize.js';
import type { Layout } from '../layout.js';
import type { NamedVariable } from '../named-variable.js';
import { type Layer, type LayerRun, noiseOf } from './layer.js';
import {
  type BayesianOptions,
  type BayesianWeights,
  joinWeights,
  VariationalParameter,
} from './variational.js';

/** What follows the affine map of a layer. */
export interface Activation {
  readonly relu: boolean;
  readonly pool: boolean;
}

const LINEAR: Activation = { relu: false, pool: false };

/** The sizes that a Bayesian layer's parameters have. */
export interface LayerSizes {
  readonly weight: Layout;
  readonly fanIn: number;
  /** Number of biases; undefined: none. */
  readonly biases: number | undefined;
}

/** A layer with a Gaussian posterior: its parameters, and the estimators over the ops of its kind. */
export abstract class BayesLayer<T extends tf.Tensor, R extends tf.Rank>
  implements Layer<T, T, BayesianWeights<R>>
{
  readonly parameters: readonly NamedVariable[];
  private readonly weight: VariationalParameter;
  private readonly bias: VariationalParameter | undefined;
  private readonly noiseKey: StreamKey;
  private readonly signKeys: { readonly inputs: StreamKey; readonly outputs: StreamKey };

  constructor(
    readonly name: string,
    sizes: LayerSizes,
    private readonly activation: Activation,
    protected readonly options: BayesianOptions,
  ) {
    const bound = defaultBound(sizes.fanIn);
    this.weight = new VariationalParameter(`${name}.weight`, sizes.weight, bound, options);
    if (sizes.biases !== undefined) {
      const layout: Layout = { kind: 'vector', size: sizes.biases };
      this.bias = new VariationalParameter(`${name}.bias`, layout, bound, options);
    }
    this.parameters = [this.weight, this.bias].flatMap((pair) => (pair ? [pair.mu, pair.rho] : []));
    this.noiseKey = streamKey(options.seed, `noise/${name}`);
    this.signKeys = {
      inputs: streamKey(options.seed, `signs/${name}/inputs`),
      outputs: streamKey(options.seed, `signs/${name}/outputs`),
    };
  }

  /** The layer with point weights. */
  protected abstract affine(
    x: T,
    weight: tf.Tensor<R>,
    bias: tf.Tensor1D | undefined,
    activation: Activation,
  ): T;

  /** The layer by local reparameterization. */
  protected abstract reparameterized(x: T, weights: GaussianWeights<R>, noise: Noise): T;

  /** x mu + ((x signs) delta) signs, the biases perturbed as the weights of a constant input (Wen et al. 2018, eq. 5). */
  protected flipped(x: T, weights: PerturbedWeights<R>, { inputs, outputs }: FlipoutSigns): T {
    const { mu, delta, biasMu, biasDelta } = weights;
    const mean = this.affine(x, mu, biasMu, LINEAR);
    const perturbed = this.affine(flipSigns(x, inputs), delta, biasDelta, LINEAR);
    return flipoutSum(mean, perturbed, outputs, this.activation);
  }

  weights(clock?: Clock): BayesianWeights<R> {
    return joinWeights(this.weight, this.bias, clock);
  }

  forward(x: T, weights: BayesianWeights<R>, run: LayerRun): T {
    const { estimator = 'lrt' } = this.options;
    if (!run.sample || estimator === 'mean') {
      return this.affine(x, weights.mu, weights.biasMu, this.activation);
    }
    if (estimator === 'lrt') return this.reparameterized(x, weights, noiseOf(this.name, run, this.noiseKey));
    const clock = this.clockOf(run);
    if (estimator === 'flipout') return this.flipout(x, weights, clock);
    return estimator === 'weight-sampling' ? this.drawn(x, clock) : this.drawnEach(x, clock);
  }

  /** The weights of one draw, for the whole batch or for one image of it. */
  private drawn(x: T, clock: Clock, image?: number): T {
    const at = (parameter: VariationalParameter) => parameter.noiseAt(clock, image);
    const weight = draw<tf.Tensor<R>>(this.weight, at(this.weight));
    const bias = this.bias && draw<tf.Tensor1D>(this.bias, at(this.bias));
    return this.affine(x, weight, bias, this.activation);
  }

  /** An image at a time, each with weights of its own: no engine shares work between them. */
  private drawnEach(x: T, clock: Clock): T {
    // Not slices: the gradient of each would be as large as the batch.
    const images = tf.split(x as tf.Tensor, x.shape[0], 0) as T[];
    const parts = images.map((one, image) => this.drawn(one, clock, image));
    return tf.concat(parts, 0);
  }

  private flipout(x: T, { mu, biasMu }: BayesianWeights<R>, clock: Clock): T {
    const signs = (key: StreamKey): SignSource => ({ clock, key });
    const delta = perturbation<tf.Tensor<R>>(this.weight, this.weight.noiseAt(clock));
    const biasDelta = this.bias && perturbation<tf.Tensor1D>(this.bias, this.bias.noiseAt(clock));
    return this.flipped(
      x,
      { mu, delta, biasMu, biasDelta },
      { inputs: signs(this.signKeys.inputs), outputs: signs(this.signKeys.outputs) },
    );
  }

  private clockOf({ clock }: LayerRun): Clock {
    if (clock !== undefined) return clock;
    throw new BayescnnError(
      'failure',
      `${this.name}: a clock is needed to sample by ${this.options.estimator}, got none`,
      { hint: 'pass clock, or sample: false for the posterior mean; epsilon is for lrt alone' },
    );
  }
}

function draw<W extends tf.Tensor>({ mu, rho }: VariationalParameter, noise: WeightNoise): W {
  return sampleWeights(mu.variable as tf.Tensor as W, rho.variable as tf.Tensor as W, noise);
}

function perturbation<W extends tf.Tensor>({ rho }: VariationalParameter, noise: WeightNoise): W {
  return sampleWeights(undefined, rho.variable as tf.Tensor as W, noise);
}
