import type { tf } from '../../backends/tfjs.js';
import { convReluPool } from '../../ops/conv-relu-pool.js';
import { lrtConvReluPool } from '../../ops/lrt-conv-relu-pool.js';
import type { Clock } from '../../ops/noise.js';
import { type StreamKey, streamKey } from '../../rng.js';
import { defaultBound } from '../initialize.js';
import type { NamedVariable } from '../named-variable.js';
import { type Layer, type LayerRun, noiseOf } from './layer.js';
import { type ConvShape, convFanIn, convLayout, convOptions } from './shapes.js';
import {
  type BayesianOptions,
  type BayesianWeights,
  joinWeights,
  VariationalParameter,
} from './variational.js';

/** A convolution with a Gaussian posterior, sampled by local reparameterization. */
export class BayesConvLayer implements Layer<tf.Tensor4D, tf.Tensor4D, BayesianWeights<tf.Rank.R4>> {
  readonly parameters: readonly NamedVariable[];
  private readonly weight: VariationalParameter;
  private readonly bias: VariationalParameter | undefined;
  private readonly key: StreamKey;

  constructor(
    readonly name: string,
    private readonly shape: ConvShape,
    private readonly options: BayesianOptions,
  ) {
    const bound = defaultBound(convFanIn(shape));
    this.weight = new VariationalParameter(`${name}.weight`, convLayout(shape), bound, options);
    if (shape.bias ?? true) {
      this.bias = new VariationalParameter(
        `${name}.bias`,
        { kind: 'vector', size: shape.outputs },
        bound,
        options,
      );
    }
    this.parameters = [this.weight, this.bias].flatMap((pair) => (pair ? [pair.mu, pair.rho] : []));
    this.key = streamKey(options.seed, `noise/${name}`);
  }

  weights(clock?: Clock): BayesianWeights<tf.Rank.R4> {
    return joinWeights(this.weight, this.bias, clock);
  }

  forward(x: tf.Tensor4D, weights: BayesianWeights<tf.Rank.R4>, run: LayerRun): tf.Tensor4D {
    const options = convOptions(this.shape);
    if (!run.sample) return convReluPool(x, weights.mu, weights.biasMu, options);
    const noise = noiseOf(this.name, run, this.key);
    return lrtConvReluPool(x, weights, noise, { ...options, clamp: this.options.posterior.clamp });
  }
}
