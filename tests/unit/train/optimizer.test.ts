import { beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, tf } from '../../../src/backends/tfjs.js';
import { namedVariable } from '../../../src/models/named-variable.js';
import { Sgd } from '../../../src/train/optimizer.js';

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

function take(optimizer: Sgd, steps: number): void {
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
    const { shape, data } = optimizer.toTorch().w;
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
