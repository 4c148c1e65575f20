import { tf } from '../backends/tfjs.js';
import { CLASS_COUNT, IMAGE_SHAPE } from '../data/dataset.js';
import { BayescnnError } from '../errors.js';
import type { Clock } from '../ops/noise.js';
import { BayesConvLayer } from './layers/bayes-conv.js';
import { BayesDenseLayer } from './layers/bayes-dense.js';
import { ConvLayer } from './layers/conv.js';
import { DenseLayer } from './layers/dense.js';
import type { Layer, LayerWeights } from './layers/layer.js';
import type { ConvShape, DenseShape } from './layers/shapes.js';
import type { BayesianOptions } from './layers/variational.js';
import type { ForwardOptions, Model, StepWeights } from './model.js';
import type { NamedVariable, TorchTensor } from './named-variable.js';
import { exportRecord, importRecord, type TorchRecord } from './torch-record.js';

// biome-ignore lint/suspicious/noExplicitAny: each layer takes back exactly the weights it made itself
type AnyLayer<X extends tf.Tensor, Y extends tf.Tensor> = Layer<X, Y, any>;

/** conv 3-6 k5, pool 2, conv 6-16 k5, pool 2, then 400-120-84-10. */
const CONV: Record<string, ConvShape> = {
  conv1: { inputs: IMAGE_SHAPE.channels, outputs: 6, kernel: 5, relu: true, pool: true },
  conv2: { inputs: 6, outputs: 16, kernel: 5, relu: true, pool: true },
};
const DENSE: Record<string, DenseShape> = {
  fc1: { inputs: 400, outputs: 120, relu: true, spatial: { height: 5, width: 5, channels: 16 } },
  fc2: { inputs: 120, outputs: 84, relu: true },
  fc3: { inputs: 84, outputs: CLASS_COUNT },
};

/** The LeNet-style network of PyTorch's CIFAR-10 tutorial, and its Bayesian twins. */
export class LeNet implements Model {
  readonly parameters: readonly NamedVariable[];
  readonly bayesianLayers: readonly string[];
  readonly stochastic: boolean;
  readonly parameterCount: number;
  private readonly convs: readonly AnyLayer<tf.Tensor4D, tf.Tensor4D>[];
  private readonly denses: readonly AnyLayer<tf.Tensor2D, tf.Tensor2D>[];

  /** @param bayesian names of the layers with a posterior */
  constructor(bayesian: readonly string[], options: BayesianOptions) {
    this.convs = Object.entries(CONV).map(([name, shape]) =>
      bayesian.includes(name)
        ? new BayesConvLayer(name, shape, options)
        : new ConvLayer(name, shape, options.seed),
    );
    this.denses = Object.entries(DENSE).map(([name, shape]) =>
      bayesian.includes(name)
        ? new BayesDenseLayer(name, shape, options)
        : new DenseLayer(name, shape, options.seed),
    );
    const layers = [...this.convs, ...this.denses];
    this.parameters = layers.flatMap((layer) => layer.parameters);
    this.bayesianLayers = layers.map(({ name }) => name).filter((name) => bayesian.includes(name));
    this.stochastic = this.bayesianLayers.length > 0 && options.estimator !== 'mean';
    this.parameterCount = this.parameters.reduce((sum, { variable }) => sum + variable.size, 0);
  }

  weights(clock?: Clock): StepWeights {
    const layers: Record<string, LayerWeights> = {};
    let kl: tf.Scalar | null = null;
    for (const layer of [...this.convs, ...this.denses]) {
      const own: LayerWeights = layer.weights(clock);
      layers[layer.name] = own;
      if (own.kl !== null) kl = kl === null ? own.kl : tf.add(kl, own.kl);
    }
    return { layers, kl };
  }

  forward(x: tf.Tensor4D, weights: StepWeights, options: ForwardOptions): tf.Tensor2D {
    checkInput(x);
    const run = (name: string) => ({ ...options, epsilon: options.epsilon?.[name] });
    let maps = x;
    for (const layer of this.convs) maps = layer.forward(maps, weights.layers[layer.name], run(layer.name));
    let y: tf.Tensor2D = tf.reshape(maps, [x.shape[0], maps.size / x.shape[0]]);
    for (const layer of this.denses) y = layer.forward(y, weights.layers[layer.name], run(layer.name));
    return y;
  }

  toTorch(): Record<string, TorchTensor> {
    return exportRecord(this.parameters);
  }

  fromTorch(record: TorchRecord): void {
    importRecord('lenet', this.parameters, record);
  }

  dispose(): void {
    for (const { variable } of this.parameters) variable.dispose();
  }
}

function checkInput(x: tf.Tensor4D): void {
  const { height, width, channels } = IMAGE_SHAPE;
  const [, ...image] = x.shape;
  if (image[0] === height && image[1] === width && image[2] === channels) return;
  throw new BayescnnError(
    'failure',
    `lenet: images must be [B, ${height}, ${width}, ${channels}], got [${x.shape}]`,
    {
      hint: 'give images as NHWC',
    },
  );
}
