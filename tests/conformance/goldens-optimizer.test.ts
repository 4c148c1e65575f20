import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { namedVariable } from '../../src/models/named-variable.js';
import { createOptimizer, type OptimizerOptions } from '../../src/train/optimizer.js';
import { enginesWithWebgpu, useEngine } from './engines.js';
import { absent, expectClose, expectGolden, goldens, tolerance } from './goldens.js';

// biome-ignore lint/suspicious/noExplicitAny: a case of goldens.json
type Case = any;

function optionsOf(golden: Case): OptimizerOptions {
  const { momentum, dampening, nesterov, betas, eps, weight_decay: weightDecay } = golden;
  if ('momentum' in golden) return { kind: 'sgd', momentum, dampening, nesterov, weightDecay };
  return { kind: golden.name.startsWith('adamw') ? 'adamw' : 'adam', betas, eps, weightDecay };
}

/** The parameters after each of the steps, one row a step. */
function trajectory(
  options: OptimizerOptions,
  learningRate: number,
  start: number[],
  gradients: number[][],
): tf.Tensor {
  const size = start.length;
  const parameter = namedVariable('w', { kind: 'vector', size }, Float32Array.from(start));
  const optimizer = createOptimizer([parameter], options);
  optimizer.setLearningRate(learningRate);
  const rows = gradients.map((gradient) => {
    tf.tidy(() => optimizer.step([tf.tensor1d(gradient)]));
    return tf.tensor1d(Float32Array.from(parameter.variable.dataSync()));
  });
  expect(optimizer.steps).toBe(gradients.length);
  return tf.stack(rows);
}

/** Adam and AdamW in float64, straight from the papers' algorithms. */
function adamInDouble(
  options: Extract<OptimizerOptions, { kind: 'adam' | 'adamw' }>,
  lr: number,
  case_: Case,
) {
  const [b1, b2] = options.betas as [number, number];
  const { eps, weightDecay } = options as { eps: number; weightDecay: number };
  const w: number[] = [...case_.start];
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  return case_.gradients.flatMap((gradient: number[], step: number) => {
    for (const [i, raw] of gradient.entries()) {
      const g = options.kind === 'adam' ? raw + weightDecay * w[i] : raw;
      m[i] = b1 * m[i] + (1 - b1) * g;
      v[i] = b2 * v[i] + (1 - b2) * g * g;
      const shrink = options.kind === 'adamw' ? lr * weightDecay * w[i] : 0;
      const [mHat, vHat] = [m[i] / (1 - b1 ** (step + 1)), v[i] / (1 - b2 ** (step + 1))];
      w[i] -= shrink + (lr * mHat) / (Math.sqrt(vHat) + eps);
    }
    return [...w];
  });
}

const rowsOf = (flat: number[], size: number): number[][] =>
  Array.from({ length: flat.length / size }, (_, i) => flat.slice(size * i, size * i + size));

for (const engine of await enginesWithWebgpu()) {
  describe.skipIf(goldens === null)(`optimizers equal torch.optim on ${engine}${absent}`, () => {
    beforeAll(() => useEngine(engine));

    for (const golden of goldens?.optim.cases ?? []) {
      it(golden.name, () => {
        const { w0, grads } = goldens.optim;
        const got = trajectory(optionsOf(golden), golden.lr, w0.data, rowsOf(grads.data, 6));
        expectGolden('trajectory', got, golden.trajectory);
      });
    }
  });

  describe(`Adam on ${engine} equals its definition in double`, () => {
    beforeAll(() => useEngine(engine));

    it.each([
      { kind: 'adam', betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.1 },
      { kind: 'adam', betas: [0.3, 0.5], eps: 1e-3, weightDecay: 0 },
      { kind: 'adam', betas: [0, 0], eps: 1e-8, weightDecay: 0 },
      { kind: 'adamw', betas: [0.95, 0.99], eps: 1e-6, weightDecay: 0.3 },
    ] as const)('$kind, betas $betas, eps $eps, weight decay $weightDecay', (options) => {
      // Seven: a whole vector of four and a rest.
      const start = [1, -2, 0.5, 0, 3, -0.25, 0.1];
      const gradients = Array.from({ length: 12 }, (_, step) =>
        start.map((_w, i) => Math.fround(Math.sin(3 * step + 5 * i + 1) * 10 ** ((i % 4) - 2))),
      );
      const wanted = adamInDouble({ ...options, betas: [...options.betas] }, 0.05, { start, gradients });
      const got = trajectory(options, 0.05, start, gradients).dataSync();
      expectClose('trajectory', got, wanted, tolerance({ shape: [], data: wanted, f64_max_abs_diff: 2e-7 }));
    });
  });
}
