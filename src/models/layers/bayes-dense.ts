import type { tf } from '../../backends/tfjs.js';
import { dense } from '../../ops/dense.js';
import { lrtDense } from '../../ops/lrt-dense.js';
import type { Clock } from '../../ops/noise.js';
import { type StreamKey, streamKey } from '../../rng.js';
import { defaultBound } from '../initialize.js';
import type { NamedVariable } from '../named-variable.js';
import { type Layer, type LayerRun, noiseOf } from './layer.js';
import { type DenseShape, denseLayout } from './shapes.js';
import {
  type BayesianOptions,
  type BayesianWeights,
  joinWeights,
  VariationalParameter,
} from './variational.js';

/** A dense layer with a Gaussian posterior, sampled by local reparameterization. */
export class BayesDenseLayer implements Layer<tf.Tensor2D, tf.Tensor2D, BayesianWeights<tf.Rank.R2>> {
  readonly parameters: readonly NamedVariable[];
  private readonly weight: VariationalParameter;
  private readonly bias: VariationalParameter | undefined;
  private readonly key: StreamKey;

  constructor(
    readonly name: string,
    private readonly shape: DenseShape,
    private readonly options: BayesianOptions,
  ) {
    const bound = defaultBound(shape.inputs);
    this.weight = new VariationalParameter(`${name}.weight`, denseLayout(shape), bound, options);
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

  weights(clock?: Clock): BayesianWeights<tf.Rank.R2> {
    return joinWeights(this.weight, this.bias, clock);
  }

  forward(x: tf.Tensor2D, weights: BayesianWeights<tf.Rank.R2>, run: LayerRun): tf.Tensor2D {
    const relu = this.shape.relu ?? false;
    if (!run.sample) return dense(x, weights.mu, weights.biasMu, { relu });
    const noise = noiseOf(this.name, run, this.key);
    return lrtDense(x, weights, noise, { relu, clamp: this.options.posterior.clamp });
  }
}
