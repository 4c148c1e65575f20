import { beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, tf } from '../../../src/backends/tfjs.js';
import { namedVariable } from '../../../src/models/named-variable.js';
import {
  Adam,
  createOptimizer,
  type Optimizer,
  type OptimizerOptions,
  Sgd,
} from '../../../src/train/optimizer.js';

beforeAll(async () => {
  await loadTfjs();
  await tf.setBackend('cpu');
});

const layout = { kind: 'dense', outputs: 2, inputs: 3 } as const;
const start = Float32Array.of(1, 2, 3, 4, 5, 6);
const gradient = () => tf.tensor2d([0.1, -0.2, 0.3, -0.4, 0.5, -0.6], [3, 2]);

function parameter() {
  return namedVariable('w', layout, start);
}

function take(optimizer: Optimizer, steps: number): void {
  for (let i = 0; i < steps; i++) tf.tidy(() => optimizer.step([gradient()]));
}

describe('Sgd', () => {
  it('goes on from a saved state as if it had not stopped', () => {
    const settings = { momentum: 0.9, dampening: 0.5, weightDecay: 0.01 };
    const [whole, first, second] = [parameter(), parameter(), parameter()];
    const a = new Sgd([whole], settings);
    a.setLearningRate(0.1);
    take(a, 4);
    const b = new Sgd([first], settings);
    b.setLearningRate(0.1);
    take(b, 2);
    second.variable.assign(first.variable);
    const c = new Sgd([second], settings);
    c.setLearningRate(0.1);
    c.restore(b.toTorch(), b.steps);
    take(c, 2);
    expect([...second.variable.dataSync()]).toEqual([...whole.variable.dataSync()]);
    expect(c.steps).toBe(4);
  });

  it('exports its momentum in PyTorch layout', () => {
    const optimizer = new Sgd([parameter()], { momentum: 0.9 });
    take(optimizer, 1);
    const { shape, data } = optimizer.toTorch()['w.momentum'];
    expect(shape).toEqual([2, 3]);
    expect([...data]).toEqual([0.1, 0.3, 0.5, -0.2, -0.4, -0.6].map(Math.fround));
  });

  it('leaves no tensors behind', () => {
    const optimizer = new Sgd([parameter()], { momentum: 0.9, nesterov: true });
    take(optimizer, 1);
    const before = tf.memory();
    take(optimizer, 5);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });

  it('counts replays, but not of the first step', () => {
    const optimizer = new Sgd([parameter()], { momentum: 0.9 });
    expect(() => optimizer.countReplayed()).toThrow(/first step fills the momentum buffers/);
    take(optimizer, 1);
    optimizer.countReplayed(3);
    expect(optimizer.steps).toBe(4);
  });

  it('refuses what torch.optim.SGD refuses', () => {
    expect(() => new Sgd([], { momentum: 0, nesterov: true })).toThrow(/nesterov needs momentum/);
    expect(() => new Sgd([], { momentum: 0.9, dampening: 0.1, nesterov: true })).toThrow(/no dampening/);
    expect(() => new Sgd([], { momentum: -1 })).toThrow(/momentum -1/);
    const optimizer = new Sgd([parameter()], { momentum: 0.9 });
    expect(() => optimizer.step([])).toThrow(/got 0 gradients and 1 velocities/);
  });
});

const KINDS: OptimizerOptions[] = [
  { kind: 'sgd', momentum: 0.9, dampening: 0.5, weightDecay: 0.01 },
  { kind: 'adam', weightDecay: 0.01 },
  { kind: 'adamw', betas: [0.8, 0.95], eps: 1e-6, weightDecay: 0.1 },
];

describe.each(KINDS)('$kind', (options) => {
  it('goes on from a saved state as if it had not stopped, whatever the rates', () => {
    const [whole, first, second] = [parameter(), parameter(), parameter()];
    const rates = [0.1, 0.05, 0.2, 0.01, 0.03];
    const run = (optimizer: Optimizer, some: number[]) => {
      for (const rate of some) {
        optimizer.setLearningRate(rate);
        take(optimizer, 1);
      }
    };
    run(createOptimizer([whole], options), rates);
    const before = createOptimizer([first], options);
    run(before, rates.slice(0, 2));
    second.variable.assign(first.variable);
    const after = createOptimizer([second], options);
    after.restore(before.toTorch(), before.steps);
    run(after, rates.slice(2));
    expect([...second.variable.dataSync()]).toEqual([...whole.variable.dataSync()]);
    expect(after.steps).toBe(5);
  });

  it('leaves no tensors behind, and frees its own', () => {
    const weights = parameter();
    const empty = tf.memory().numTensors;
    const optimizer = createOptimizer([weights], options);
    optimizer.setLearningRate(0.1);
    take(optimizer, 1);
    const before = tf.memory();
    take(optimizer, 5);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(empty);
  });

  it('refuses the state of another optimizer', () => {
    const other = KINDS.find(({ kind }) => (kind === 'sgd') !== (options.kind === 'sgd')) as OptimizerOptions;
    const state = createOptimizer([parameter()], other).toTorch();
    const optimizer = createOptimizer([parameter()], options);
    expect(() => optimizer.restore(state, 1)).toThrow(/optimizer: .*unexpected w\./);
    expect(optimizer.steps).toBe(0);
  });
});

describe('Adam', () => {
  it('exports its moments under PyTorch names and layouts', () => {
    const optimizer = new Adam([parameter()], { betas: [0.5, 0.75] });
    take(optimizer, 1);
    const { 'w.exp_avg': first, 'w.exp_avg_sq': second, ...rest } = optimizer.toTorch();
    expect(Object.keys(rest)).toEqual([]);
    expect(first.shape).toEqual([2, 3]);
    const wanted = [0.1, 0.3, 0.5, -0.2, -0.4, -0.6];
    for (const [i, g] of wanted.entries()) {
      expect(first.data[i]).toBeCloseTo(0.5 * g, 7);
      expect(second.data[i]).toBeCloseTo(0.25 * g * g, 7);
    }
  });

  it('corrects the bias of the step that comes, after replays too', () => {
    const [straight, jumped] = [parameter(), parameter()];
    const settings = { betas: [0.9, 0.99] as const };
    const [a, b] = [new Adam([straight], settings), new Adam([jumped], settings)];
    for (const optimizer of [a, b]) optimizer.setLearningRate(0.1);
    take(a, 1);
    b.countReplayed(4);
    take(b, 1);
    expect(b.steps).toBe(5);
    // Moments from zero: m = 0.1 g, v = 0.01 g^2, so a step is rate sqrt(1 - 0.99^t) / (1 - 0.9^t) * 0.1 / 0.1.
    for (const [optimizer, weights, t] of [
      [a, straight, 1],
      [b, jumped, 5],
    ] as const) {
      const step = (0.1 * Math.sqrt(1 - 0.99 ** t)) / (1 - 0.9 ** t);
      expect(optimizer.steps).toBe(t);
      expect(weights.variable.dataSync()[0]).toBeCloseTo(1 - step, 6);
    }
  });

  it('refuses settings that make no step', () => {
    expect(() => new Adam([], { betas: [1, 0.9] })).toThrow(/betas 1 and 0.9/);
    expect(() => new Adam([], { betas: [0.9, -0.1] })).toThrow(/in \[0, 1\)/);
    expect(() => new Adam([], { eps: 0 })).toThrow(/eps 0/);
    expect(() => new Adam([], { weightDecay: -1 })).toThrow(/weight decay -1/);
    const optimizer = new Adam([parameter()]);
    expect(() => optimizer.step([])).toThrow(/got 0 gradients, 1 and 1 moments/);
  });
});
