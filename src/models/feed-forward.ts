import { tf } from '../backends/tfjs.js';
import { IMAGE_SHAPE } from '../data/dataset.js';
import { BayescnnError } from '../errors.js';
import { globalAveragePool } from '../ops/global-average-pool.js';
import { type Clock, partRows } from '../ops/noise.js';
import { BatchNormLayer } from './layers/batch-norm.js';
import { BayesConvLayer } from './layers/bayes-conv.js';
import { BayesDenseLayer } from './layers/bayes-dense.js';
import { ConvLayer } from './layers/conv.js';
import { DenseLayer } from './layers/dense.js';
import { Dropout, type DropoutOptions } from './layers/dropout.js';
import { followed } from './layers/followed.js';
import type { Layer, LayerRun, LayerWeights } from './layers/layer.js';
import type { BayesianOptions } from './layers/variational.js';
import type { ForwardOptions, Model, StepWeights } from './model.js';
import type { NamedVariable, TorchTensor } from './named-variable.js';
import type { Network } from './networks/network.js';
import { exportRecord, importRecord, type TorchRecord } from './torch-record.js';

// biome-ignore lint/suspicious/noExplicitAny: each layer takes back exactly the weights it made itself
type AnyLayer<X extends tf.Tensor, Y extends tf.Tensor> = Layer<X, Y, any>;

/** A convolution, and its normalisation with the layer whose input is added. */
interface ConvLayers {
  readonly conv: AnyLayer<tf.Tensor4D, tf.Tensor4D>;
  readonly norm?: BatchNormLayer;
  readonly shortcut?: string | undefined;
}

/** A network of `networks/`, and its Bayesian twins. */
export class FeedForward implements Model {
  readonly parameters: readonly NamedVariable[];
  readonly buffers: readonly NamedVariable[];
  readonly bayesianLayers: readonly string[];
  readonly stochastic: boolean;
  readonly partsSamples: boolean;
  readonly parameterCount: number;
  private readonly dropout: Dropout;
  private readonly convs: readonly ConvLayers[];
  private readonly averagePool: boolean;
  private readonly denses: readonly AnyLayer<tf.Tensor2D, tf.Tensor2D>[];

  /** @param name for messages @param bayesian names of the layers with a posterior */
  constructor(
    private readonly name: string,
    { convs, averagePool = false, denses }: Network,
    bayesian: readonly string[],
    options: BayesianOptions,
    dropout: DropoutOptions = { rate: 0, layers: [], sampled: false },
  ) {
    this.dropout = new Dropout(dropout, options.seed);
    this.convs = Object.entries(convs).map(([name, shape]) => ({
      conv: followed(
        (bayesian.includes(name)
          ? new BayesConvLayer(name, shape, options)
          : new ConvLayer(name, shape, options.seed)) as AnyLayer<tf.Tensor4D, tf.Tensor4D>,
        shape,
      ),
      ...(shape.norm && {
        norm: new BatchNormLayer(shape.norm.name, shape.outputs),
        shortcut: shape.norm.shortcut,
      }),
    }));
    this.averagePool = averagePool;
    this.denses = Object.entries(denses).map(([name, shape]) =>
      followed(
        (bayesian.includes(name)
          ? new BayesDenseLayer(name, shape, options)
          : new DenseLayer(name, shape, options.seed)) as AnyLayer<tf.Tensor2D, tf.Tensor2D>,
        shape,
      ),
    );
    const { layers } = this;
    this.parameters = [
      ...this.convs.flatMap(({ conv, norm }) => [...conv.parameters, ...(norm?.parameters ?? [])]),
      ...this.denses.flatMap(({ parameters }) => parameters),
    ];
    this.buffers = this.convs.flatMap(({ norm }) => norm?.buffers ?? []);
    this.bayesianLayers = layers.map(({ name }) => name).filter((name) => bayesian.includes(name));
    const draws = this.bayesianLayers.length > 0 && options.estimator !== 'mean';
    this.stochastic = draws || this.dropout.stochastic;
    // Local reparameterization and dropout draw for each row, the others for a batch.
    this.partsSamples = !draws || (options.estimator ?? 'lrt') === 'lrt';
    this.parameterCount = this.parameters.reduce((sum, { variable }) => sum + variable.size, 0);
  }

  /** The layers with weights, in the order of the forward pass. */
  private get layers(): AnyLayer<tf.Tensor, tf.Tensor>[] {
    return [...this.convs.map(({ conv }) => conv), ...this.denses] as AnyLayer<tf.Tensor, tf.Tensor>[];
  }

  weights(clock?: Clock): StepWeights {
    const layers: Record<string, LayerWeights> = {};
    let kl: tf.Scalar | null = null;
    for (const layer of this.layers) {
      const own: LayerWeights = layer.weights(clock);
      layers[layer.name] = own;
      if (own.kl !== null) kl = kl === null ? own.kl : tf.add(kl, own.kl);
    }
    return { layers, kl };
  }

  forward(x: tf.Tensor4D, weights: StepWeights, options: ForwardOptions): tf.Tensor2D {
    checkInput(this.name, x);
    const images = x.shape[0];
    const samples = this.stochastic && options.sample ? this.checkSamples(options.samples ?? 1) : 1;
    const run = (name: string, rows: number): LayerRun => ({
      sample: options.sample,
      clock: options.clock,
      epsilon: options.epsilon?.[name],
      samples,
      repeat: (images * samples) / rows,
    });
    const dropped = <T extends tf.Tensor>(name: string, y: T): T =>
      this.dropout.apply(name, y, images * samples, { ...options, samples });
    const inputs = new Map<string, tf.Tensor4D>();
    let maps = x;
    for (const { conv, norm, shortcut } of this.convs) {
      inputs.set(conv.name, maps);
      maps = conv.forward(maps, weights.layers[conv.name], run(conv.name, maps.shape[0]));
      if (norm !== undefined) {
        const added = shortcut === undefined ? undefined : inputs.get(shortcut);
        maps = norm.forward(maps, added && rowsOf(added, maps.shape[0]), options);
      }
      maps = dropped(conv.name, maps);
    }
    let y: tf.Tensor2D = this.averagePool
      ? globalAveragePool(maps)
      : tf.reshape(maps, [maps.shape[0], maps.size / maps.shape[0]]);
    for (const layer of options.features ? this.denses.slice(0, -1) : this.denses) {
      y = layer.forward(y, weights.layers[layer.name], run(layer.name, y.shape[0]));
      y = dropped(layer.name, y);
    }
    return y;
  }

  private checkSamples(samples: number): number {
    if (samples === 1 || this.partsSamples) return samples;
    throw new BayescnnError('failure', `${this.name}: this estimator has one sample a pass, got ${samples}`, {
      hint: 'run a pass for each sample, as partsSamples says',
    });
  }

  toTorch(): Record<string, TorchTensor> {
    return exportRecord(this.variables);
  }

  fromTorch(record: TorchRecord): void {
    importRecord(this.name, this.variables, record);
  }

  dispose(): void {
    for (const { variable } of this.variables) variable.dispose();
  }

  private get variables(): NamedVariable[] {
    return [...this.parameters, ...this.buffers];
  }
}

/** A shortcut begins with one row an image; its samples may part in the layers that it leaves out. */
function rowsOf(shortcut: tf.Tensor4D, rows: number): tf.Tensor4D {
  return partRows(shortcut, { repeat: rows / shortcut.shape[0] });
}

function checkInput(name: string, x: tf.Tensor4D): void {
  const { height, width, channels } = IMAGE_SHAPE;
  const [, ...image] = x.shape;
  if (image[0] === height && image[1] === width && image[2] === channels) return;
  throw new BayescnnError(
    'failure',
    `${name}: images must be [B, ${height}, ${width}, ${channels}], got [${x.shape}]`,
    {
      hint: 'give images as NHWC',
    },
  );
}
