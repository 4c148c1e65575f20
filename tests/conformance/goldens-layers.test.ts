import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { GaussianPosterior, GaussianPrior } from '../../src/models/index.js';
import { BayesConvLayer } from '../../src/models/layers/bayes-conv.js';
import { BayesDenseLayer } from '../../src/models/layers/bayes-dense.js';
import { ConvLayer } from '../../src/models/layers/conv.js';
import { importRecord } from '../../src/models/torch-record.js';
import { convReluPool, dense } from '../../src/ops/index.js';
import { clampedSquare } from '../../src/ops/moments.js';
import { enginesWithWebgpu, useEngine } from './engines.js';
import {
  absent,
  expectClose,
  expectGolden,
  expectGoldenScalar,
  type GoldenScalar,
  type GoldenTensor,
  goldens,
  image,
  nchw,
  plain,
  tolerance,
} from './goldens.js';

type Activation = tf.Tensor2D | tf.Tensor4D;
type AnyLayer = BayesConvLayer | BayesDenseLayer;

// biome-ignore lint/suspicious/noExplicitAny: a case of goldens.json
type Case = any;

/** One golden case: its layer with the golden's parameters, and its tensors in our layout. */
interface Setup {
  layer: AnyLayer;
  x: tf.Variable;
  epsilon: tf.Tensor;
  cotangent: tf.Tensor;
  variance(weights: ReturnType<AnyLayer['weights']>): tf.Tensor;
  order(tensor: tf.Tensor): ArrayLike<number>;
}

function bayesian(golden: Case) {
  return {
    prior: new GaussianPrior(golden.prior_sigma),
    posterior: { sigma: 0.1, clamp: golden.clamp, meanInit: 'uniform' as const },
    divergence: 'kl' as const,
    seed: 0,
  };
}

function load(layer: AnyLayer, golden: Case): void {
  const names = ['weight_mu', 'weight_rho', ...(golden.bias ? ['bias_mu', 'bias_rho'] : [])];
  const record = names.map((name) => {
    const { shape, data } = golden.inputs[name];
    return [`layer.${name}`, { shape, data: Float32Array.from(data) }] as const;
  });
  importRecord('golden', layer.parameters, Object.fromEntries(record));
}

function convCase(golden: Case): Setup {
  const {
    in_channels: inputs,
    out_channels: outputs,
    kernel_size: kernel,
    stride,
    padding,
    dilation,
    bias,
  } = golden;
  const layer = new BayesConvLayer(
    'layer',
    { inputs, outputs, kernel, stride, padding, dilation, bias },
    bayesian(golden),
  );
  const options = { stride, padding, dilation, relu: false, pool: false };
  const x = tf.variable(image(golden.inputs.x));
  return {
    layer,
    x,
    epsilon: image(golden.inputs.epsilon),
    cotangent: image(golden.inputs.cotangent),
    variance: (weights) => {
      const filter = weights.variance as tf.Tensor4D;
      return convReluPool(
        clampedSquare(x as tf.Variable<tf.Rank.R4>, golden.clamp),
        filter,
        weights.biasVariance,
        options,
      );
    },
    order: nchw,
  };
}

function denseCase(golden: Case): Setup {
  const { in_features: inputs, out_features: outputs, bias } = golden;
  const layer = new BayesDenseLayer('layer', { inputs, outputs, bias }, bayesian(golden));
  const x = tf.variable(plain(golden.inputs.x)) as tf.Variable<tf.Rank.R2>;
  return {
    layer,
    x,
    epsilon: plain(golden.inputs.epsilon),
    cotangent: plain(golden.inputs.cotangent),
    variance: (weights) => {
      const kernel = weights.variance as tf.Tensor2D;
      return dense(clampedSquare(x, golden.clamp), kernel, weights.biasVariance, { relu: false });
    },
    order: (tensor) => tensor.dataSync(),
  };
}

function expectOrdered(name: string, setup: Setup, tensor: tf.Tensor, golden: GoldenTensor): void {
  expectClose(name, setup.order(tensor), golden.data, tolerance(golden));
}

/** Value and gradients of f in the layer's parameters (and x, where golden has it). */
function checkGradients(
  setup: Setup,
  f: () => tf.Scalar,
  golden: Record<string, GoldenTensor>,
  value: GoldenScalar,
): void {
  const { layer, x } = setup;
  const variables = [x, ...layer.parameters.map(({ variable }) => variable)];
  const { value: got, grads } = tf.variableGrads(f, variables);
  expectGoldenScalar('value', got, value, magnitude(golden));
  if (golden.grad_x) expectOrdered('grad_x', setup, grads[x.name], golden.grad_x);
  for (const { name, variable, layout } of layer.parameters) {
    const wanted = golden[`grad_${name.replace('layer.', '')}`];
    // TF.js gives no gradient at all where PyTorch gives zeros.
    if (grads[variable.name]) expectGolden(name, grads[variable.name], wanted, layout);
    else
      expect(
        wanted.data.every((element) => element === 0),
        `${name}: no gradient`,
      ).toBe(true);
  }
}

/** The loss of a layer case is a sum of both signs: its rounding goes with its terms, not with its value. */
function magnitude(golden: Record<string, GoldenTensor>): number {
  return golden.output
    ? Math.max(...golden.output.data.map(Math.abs)) * Math.sqrt(golden.output.data.length)
    : 0;
}

function atMean(layer: AnyLayer, density: (mu: tf.Tensor, rho: tf.Tensor) => tf.Scalar): tf.Scalar {
  const variables = layer.parameters.map(({ variable }) => variable);
  const weight = density(variables[0], variables[1]);
  return variables.length === 2 ? weight : tf.add(weight, density(variables[2], variables[3]));
}

for (const engine of await enginesWithWebgpu()) {
  describe.skipIf(goldens === null)(`Bayesian layers equal PyTorch on ${engine}${absent}`, () => {
    beforeAll(() => useEngine(engine));
    beforeEach(() => tf.engine().startScope());
    afterEach(() => tf.engine().endScope());

    const cases: [string, Case, (golden: Case) => Setup][] = [
      ...(goldens?.layers.lrt_conv ?? []).map((golden: Case) => [`conv ${golden.name}`, golden, convCase]),
      ...(goldens?.layers.lrt_dense ?? []).map((golden: Case) => [`dense ${golden.name}`, golden, denseCase]),
    ];

    for (const [name, golden, make] of cases) {
      const setUp = () => {
        const setup = make(golden);
        load(setup.layer, golden);
        return setup;
      };
      const run = (setup: Setup, sample: boolean): tf.Tensor => {
        const { layer, x, epsilon } = setup;
        const forward = layer.forward.bind(layer) as (x: Activation, w: unknown, r: object) => tf.Tensor;
        return forward(x as unknown as Activation, layer.weights(), { sample, epsilon });
      };

      it(`${name}: moments and sample`, () => {
        const setup = setUp();
        expectOrdered('activation_mean', setup, run(setup, false), golden.expected.activation_mean);
        expectOrdered(
          'activation_var',
          setup,
          setup.variance(setup.layer.weights()),
          golden.expected.activation_var,
        );
        expectOrdered('output', setup, run(setup, true), golden.expected.output);
      });

      it(`${name}: gradients`, () => {
        const setup = setUp();
        const loss = () => tf.sum(tf.mul(run(setup, true), setup.cotangent)) as tf.Scalar;
        checkGradients(setup, loss, golden.expected, golden.expected.loss);
      });

      it(`${name}: KL, and the notebook's densities at the mean`, () => {
        const setup = setUp();
        const { layer } = setup;
        const prior = new GaussianPrior(golden.prior_sigma);
        checkGradients(setup, () => layer.weights().kl, golden.kl_closed_form, golden.kl_closed_form.value);
        const logPrior = () => atMean(layer, (mu) => prior.logProb(mu));
        checkGradients(setup, logPrior, golden.log_prior_at_mu, golden.log_prior_at_mu.value);
        const logQ = () => atMean(layer, (mu, rho) => new GaussianPosterior(mu, rho).logProb(mu));
        const wanted = golden.log_variational_posterior_at_mu;
        checkGradients(setup, logQ, wanted, wanted.value);
      });
    }

    it("has the notebook's output shape", () => {
      const layer = new ConvLayer('layer', { inputs: 3, outputs: 64, kernel: 3 }, 0);
      const y = layer.forward(tf.zeros([1, 32, 32, 3]), layer.weights());
      const [n, c, h, w] = goldens.layers.shape_check.output_shape;
      expect(y.shape).toEqual([n, h, w, c]);
    });
  });
}
