import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { createModel, type Model, type TorchRecord } from '../../src/models/index.js';
import { exportTensor, type TorchTensor } from '../../src/models/named-variable.js';
import { softmaxCrossEntropy } from '../../src/ops/index.js';
import { Sgd } from '../../src/train/optimizer.js';
import { enginesWithWebgpu, useEngine, webgpuIsSoftware } from './engines.js';
import {
  absent,
  expectClose,
  expectGolden,
  type GoldenTensor,
  goldens,
  image,
  Lcg,
  plain,
} from './goldens.js';

// biome-ignore lint/suspicious/noExplicitAny: a case of goldens.json
type Case = any;

const BAYESIAN: Record<string, 'none' | 'conv' | 'all'> = {
  baseline: 'none',
  bayes_conv: 'conv',
  bayes_all: 'all',
};
/** Activation shapes (NCHW) in the order of epsilon_formula. */
const ACTIVATIONS: [string, number[]][] = [
  ['conv1', [4, 6, 28, 28]],
  ['conv2', [4, 16, 10, 10]],
  ['fc1', [4, 120]],
  ['fc2', [4, 84]],
  ['fc3', [4, 10]],
];

/** The parameters by goldens.json's param_formula. */
function formulaParameters(golden: Case): TorchRecord {
  const entries = golden.param_order.map((name: string, i: number) => {
    const { shape } = golden.params[name];
    const layer = name.split('.')[0];
    const weight = golden.params[`${layer}.weight`] ?? golden.params[`${layer}.weight_mu`];
    const bound = 1 / Math.sqrt(weight.shape.slice(1).reduce((a: number, b: number) => a * b, 1));
    const [low, high] = name.endsWith('_rho') ? [-4, -2] : [-bound, bound];
    return [name, { shape, data: Float32Array.from(new Lcg(100 + i).uniform(shape, low, high).data) }];
  });
  return Object.fromEntries(entries);
}

function epsilons(step: number, layers: readonly string[]): Record<string, tf.Tensor> {
  const noise = ACTIVATIONS.map(([name, shape], i) => {
    const values = new Lcg(1000 + 10 * step + i).normal(shape);
    return [name, shape.length === 4 ? image(values) : plain(values)] as const;
  });
  return Object.fromEntries(noise.filter(([name]) => layers.includes(name)));
}

interface Run {
  model: Model;
  losses: number[];
  crossEntropies: number[];
  logits: tf.Tensor;
  kl: number | null;
  gradients: Record<string, TorchTensor>;
}

/** Trains the golden's few steps on one batch, as the peer does. */
function train(golden: Case): Run {
  const model = createModel({
    architecture: 'lenet',
    bayesian: BAYESIAN[golden.kind],
    prior: { kind: 'gaussian', sigma: 0.1 },
    posterior: { sigma: 0.05, clamp: golden.clamp ?? 0, meanInit: 'uniform' },
    seed: 0,
  });
  model.fromTorch(formulaParameters(golden));
  const variables = model.parameters.map(({ variable }) => variable);
  const optimizer = new Sgd(model.parameters, { momentum: golden.momentum });
  optimizer.setLearningRate(golden.lr);
  const x = image(new Lcg(200).uniform([4, 3, 32, 32], -1, 1));
  const labels = tf.tensor1d(golden.targets, 'int32');
  const run: Run = { model, losses: [], crossEntropies: [], logits: tf.scalar(0), kl: null, gradients: {} };
  for (let step = 0; step <= golden.steps; step++) {
    tf.tidy(() => {
      const epsilon = epsilons(step, model.bayesianLayers);
      const parts: tf.Tensor[] = [];
      const { value, grads } = tf.variableGrads(() => {
        const weights = model.weights();
        const logits = model.forward(x, weights, { sample: true, epsilon });
        const { loss } = softmaxCrossEntropy(logits, labels);
        parts.push(
          ...[logits, loss, ...(weights.kl === null ? [] : [weights.kl])].map((part) =>
            tf.keep(tf.clone(part)),
          ),
        );
        return weights.kl === null ? loss : tf.add(loss, tf.mul(weights.kl, golden.kl_scale));
      }, variables);
      run.losses.push(value.dataSync()[0]);
      run.crossEntropies.push(parts[1].dataSync()[0]);
      if (step === 0) {
        run.logits = parts[0];
        run.kl = parts[2]?.dataSync()[0] ?? null;
        for (const { name, variable, layout } of model.parameters) {
          run.gradients[name] = exportTensor(grads[variable.name], layout);
        }
      }
      if (step < golden.steps) optimizer.step(variables.map(({ name }) => grads[name]));
    });
  }
  return run;
}

const ULP = 2 ** -23;

/**
 * Losses add up the rounding of the whole network and of every step before them, in PyTorch's run as in ours:
 * four times PyTorch's own largest deviation of the run, at least 16 ulp.
 */
function lossTolerance({ f32, f64 }: { f32: number[]; f64: number[] }): number {
  const deviation = Math.max(...f64.map((value, i) => Math.abs(value - f32[i])));
  return Math.max(4 * deviation, 16 * ULP * Math.max(...f64));
}

/**
 * Without a float64 deviation in the file: a gradient or a trained parameter is a sum over thousands of products,
 * so it may be off by 64 ulp of the tensor's root mean square or of its largest listed element.
 */
function elementTolerance(l2: number, size: number, first: number[]): number {
  return 64 * ULP * Math.max(l2 / Math.sqrt(size), ...first.map(Math.abs));
}

function expectTensor(name: string, got: TorchTensor, first: number[], l2: number, sum: number): void {
  const values = [...got.data];
  const within = elementTolerance(l2, values.length, first);
  expectClose(`${name} first8`, values.slice(0, first.length), first, within);
  const norm = Math.sqrt(values.reduce((total, value) => total + value * value, 0));
  expectClose(`${name} l2`, [norm], [l2], 64 * ULP * l2);
  // Independent errors of the elements add in quadrature; what they share (the same rounded activations) scales the sum.
  const total = values.reduce((t, value) => t + value, 0);
  expectClose(`${name} sum`, [total], [sum], within * Math.sqrt(values.length) + 8 * ULP * Math.abs(sum));
}

/** Engines that take seconds for each (plain JavaScript, a GPU in software) train the one whose layers are all Bayesian. */
function casesOn(engine: string): Case[] {
  const cases: Case[] = goldens?.lenet.cases ?? [];
  const slow = engine === 'cpu' || (engine === 'webgpu' && webgpuIsSoftware());
  return slow ? cases.filter(({ kind }) => kind === 'bayes_all') : cases;
}

for (const engine of await enginesWithWebgpu()) {
  describe.skipIf(goldens === null)(`LeNet trains as in PyTorch on ${engine}${absent}`, () => {
    for (const golden of casesOn(engine)) {
      describe(`${golden.kind} at rate ${golden.lr}`, () => {
        let run: Run;
        beforeAll(async () => {
          await useEngine(engine);
          run = train(golden);
        });
        afterAll(() => run.model.dispose());

        it("has PyTorch's parameters, in its order", () => {
          expect(run.model.parameters.map(({ name }) => name)).toEqual(golden.param_order);
          const formula = formulaParameters(golden);
          for (const name of golden.param_order) {
            expect([...formula[name].data.slice(0, 8)]).toEqual(
              golden.params[name].init_first8.map(Math.fround),
            );
          }
        });

        it('logits and KL before any step', () => {
          expectGolden('logits', run.logits, golden.logits_step0 as GoldenTensor);
          if (golden.kl_step0)
            expectClose('kl', [run.kl as number], [golden.kl_step0.f64], 8 * ULP * golden.kl_step0.f64);
        });

        it('losses of every step', () => {
          expectClose('losses', run.losses, golden.losses.f64, lossTolerance(golden.losses));
          const { cross_entropies: nll } = golden;
          if (nll) expectClose('nll', run.crossEntropies, nll.f64, lossTolerance(nll));
        });

        it('gradients of the first step', () => {
          for (const name of golden.param_order) {
            const { grad0_first8, grad0_l2, grad0_sum } = golden.params[name];
            expectTensor(`grad ${name}`, run.gradients[name], grad0_first8, grad0_l2, grad0_sum);
          }
        });

        it('parameters after the last step', () => {
          const final = run.model.toTorch();
          for (const name of golden.param_order) {
            const { final_first8, final_l2, final_sum } = golden.params[name];
            expectTensor(`final ${name}`, final[name], final_first8, final_l2, final_sum);
          }
        });
      });
    }
  });
}
