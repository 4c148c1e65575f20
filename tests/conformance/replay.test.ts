import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Replay, type SimdBackend, type StepOutputs, startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { writeTensor } from '../../src/ops/index.js';
import { bitsOf, noiseSource, Training, type TrainingOptions } from './training.js';

const MODELS = ['none', 'conv', 'all'] as const;
const source = noiseSource();
let backend: SimdBackend;

async function start(threads: number): Promise<void> {
  await loadTfjs();
  backend = await startSimd(threads, false);
}

beforeAll(() => start(2));
afterAll(() => tf.removeBackend('simd'));

/** Makes TrainStep run every step afresh, as on engines that cannot replay. */
function hideReplay(): void {
  vi.spyOn(backend, 'replay').mockReturnValue(undefined as never);
}

describe.each(MODELS)('replayed training, bayesian: %s', (bayesian) => {
  const FOURS = Array.from({ length: 13 }, () => 4);
  // Two sizes in turns: each has a recording of its own, on the same weights.
  const MIXED = [4, 4, 4, 7, 4, 7, 4, 7, 7, 4, 4, 7, 4];

  it.each([
    ['batch 4', FOURS, 10],
    ['batches 4 and 7', MIXED, 8],
  ])('has the bits of eager training: %s', (_name, sizes, replayed) => {
    const programs = vi.spyOn(backend.simd, 'run');
    const first = new Training(bayesian, source);
    const losses = first.run(sizes);
    expect(first.step.obstacle).toBeUndefined();
    // All but the very first step and two recordings of each size.
    expect(programs).toHaveBeenCalledTimes(replayed);

    hideReplay();
    const second = new Training(bayesian, source);
    const before = second.bits();
    expect(second.run(sizes)).toEqual(losses);
    expect(programs).toHaveBeenCalledTimes(replayed);
    const weights = second.bits();
    expect(first.bits()).toEqual(weights);
    for (const [name, bits] of Object.entries(before)) expect(weights[name], name).not.toBe(bits);
    for (const training of [first, second]) training.dispose();
  });
});

describe.each([
  ['adam', { optimizer: { kind: 'adam' } }],
  ['adamw and weight decay', { optimizer: { kind: 'adamw', weightDecay: 0.1, betas: [0.8, 0.9] } }],
  ['augmentation', { augment: ['crop', 'flip'] }],
  ['adam and a flip', { optimizer: { kind: 'adam' }, augment: ['flip'] }],
] as [string, TrainingOptions][])('replayed training with %s', (_name, options) => {
  // Two sizes in turns: each has a recording of its own, on the same weights and moments.
  const SIZES = [4, 4, 4, 7, 4, 7, 4, 7, 7, 4, 4, 7, 4];

  it('has the bits of eager training', () => {
    const programs = vi.spyOn(backend.simd, 'run');
    const first = new Training('conv', source, options);
    const losses = first.run(SIZES);
    expect(first.step.obstacle).toBeUndefined();
    expect(programs).toHaveBeenCalledTimes(8);
    hideReplay();
    const second = new Training('conv', source, options);
    expect(second.run(SIZES)).toEqual(losses);
    expect(first.bits()).toEqual(second.bits());
    const plain = new Training('conv', source);
    expect(plain.run(SIZES)).not.toEqual(losses);
    for (const training of [first, second, plain]) training.dispose();
  });

  it('keeps no memory', () => {
    const use = () => ({ tensors: tf.memory().numTensors, bytes: backend.simd.heap.usedBytes });
    const rehearsal = new Training('conv', source, options);
    rehearsal.run(SIZES);
    rehearsal.dispose();
    const empty = use();
    const training = new Training('conv', source, options);
    training.run(SIZES);
    const warm = use();
    training.run(SIZES);
    expect(use()).toEqual(warm);
    training.dispose();
    expect(use()).toEqual(empty);
  });
});

describe.each([
  ['weight sampling', { estimator: 'weight-sampling' }],
  ['flipout', { estimator: 'flipout' }],
  ['posterior means', { estimator: 'mean' }],
  ['a scale mixture', { prior: { kind: 'scale-mixture', pi: 0.5, sigma1: 1, sigma2: 0.1 } }],
  ['a Laplace prior', { prior: { kind: 'laplace', scale: 0.1 } }],
  ['a learned prior', { prior: { kind: 'gaussian', sigma: 1, learned: true } }],
  ["the notebook's divergence", { divergence: 'notebook' }],
] as const)('replayed training with %s', (_name, model) => {
  it('has the bits of eager training, on one and two threads', async () => {
    const sizes = [5, 5, 5, 5, 5, 5];
    const runs = [];
    for (const threads of [1, 2]) {
      await start(threads);
      const replayed = new Training('all', source, { model });
      const losses = replayed.run(sizes);
      expect(replayed.step.obstacle).toBeUndefined();
      runs.push({ losses, bits: replayed.bits() });
      replayed.dispose();
    }
    hideReplay();
    const eager = new Training('all', source, { model });
    runs.push({ losses: eager.run(sizes), bits: eager.bits() });
    eager.dispose();
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });
});

describe.each([
  ['none', 500],
  ['conv', 500],
  ['all', 4_000],
] as const)('memory of a training, bayesian: %s', (bayesian, steps) => {
  // One thread: the use of memory does not depend on their number.
  beforeAll(() => start(1));
  const use = () => ({ tensors: tf.memory().numTensors, bytes: backend.simd.heap.usedBytes });
  const fours = (count: number) => Array.from({ length: count }, () => 4);

  it(`stays flat over ${steps} replayed steps, and all of it comes back`, () => {
    // What outlives a training: the images, tables of sizes, scratch memory.
    const rehearsal = new Training(bayesian, source);
    rehearsal.run(fours(4));
    rehearsal.dispose();

    const empty = use();
    const training = new Training(bayesian, source);
    training.run(fours(4));
    const warm = use();
    expect(warm.tensors).toBeGreaterThan(empty.tensors);
    expect(warm.bytes).toBeGreaterThan(empty.bytes);
    training.run(fours(steps));
    expect(use()).toEqual(warm);
    expect(training.step.obstacle).toBeUndefined();
    training.dispose();
    expect(use()).toEqual(empty);
  });

  it('stays flat without replay, and all of it comes back', () => {
    hideReplay();
    const empty = use();
    const training = new Training(bayesian, source);
    training.run(fours(2));
    const warm = use();
    training.run(fours(100));
    expect(use()).toEqual(warm);
    training.dispose();
    expect(use()).toEqual(empty);
  });
});

describe('a step that cannot be replayed', () => {
  let x: tf.Variable<tf.Rank.R1>;
  let replay: Replay<StepOutputs>;
  beforeEach(() => {
    x = tf.variable(tf.zeros<tf.Rank.R1>([4]));
    replay = backend.replay();
  });

  /** Five runs on different x; what each gave. */
  function runs(step: () => tf.Tensor): { x: number; y: number[] }[] {
    return [1, 2, 3, 4, 5].map((value) => {
      writeTensor(x, new Float32Array(4).fill(value));
      const { y } = replay.run(() => ({ y: tf.tidy(step) })) as { y: tf.Tensor };
      return { x: value, y: [...y.dataSync()] };
    });
  }

  it('replays what the engine covers (so that the cases below mean something)', () => {
    const program = vi.spyOn(backend.simd, 'run');
    for (const { x: value, y } of runs(() => tf.mul(tf.add(x, x), x)))
      expect(y).toEqual(Array.from({ length: 4 }, () => 2 * value * value));
    expect([replay.replaying, replay.obstacle]).toEqual([true, undefined]);
    expect(program).toHaveBeenCalledTimes(3);
  });

  it('reads values', () => {
    const results = runs(() => tf.mul(x, tf.scalar(tf.mul(x, x).dataSync()[0])));
    for (const { x: value, y } of results) expect(y).toEqual(Array.from({ length: 4 }, () => value ** 3));
    expect([replay.replaying, replay.obstacle]).toEqual([false, 'the step reads tensor values']);
  });

  it('draws randomness of the host', () => {
    const noise = runs(() => tf.add(x, tf.randomNormal([4]))).map(({ x: value, y }) =>
      y.map((element) => element - value),
    );
    expect(new Set(noise.flat()).size).toBe(20);
    expect([replay.replaying, replay.obstacle]).toEqual([false, 'a constant changes between two steps']);
  });

  it('needs an op outside the engine', () => {
    for (const { x: value, y } of runs(() => tf.mul(tf.exp(x), x)))
      for (const element of y) expect(element).toBeCloseTo(Math.exp(value) * value, 4);
    expect([replay.replaying, replay.obstacle]).toEqual([false, 'Exp runs outside the engine']);
  });

  it('makes other kernel calls the second time', () => {
    let count = 0;
    const results = runs(() => (++count % 2 === 1 ? tf.add(x, x) : tf.mul(tf.add(x, x), x)));
    expect(results.map(({ y }) => y[0])).toEqual([2, 8, 6, 32, 10]);
    expect([replay.replaying, replay.obstacle]).toEqual([false, '1 kernel calls, then 2']);
  });

  it('of a whole training is reported and stays right', () => {
    const training = () =>
      new Training('conv', source, { model: { estimator: 'weight-sampling-per-example' } });
    const sizes = [4, 4, 4, 4, 4];
    const program = vi.spyOn(backend.simd, 'run');
    const first = training();
    const losses = first.run(sizes);
    expect(first.step.obstacle).toMatch(/outside the engine|reads tensor values/);
    expect(program).not.toHaveBeenCalled();
    hideReplay();
    const second = training();
    expect(second.run(sizes)).toEqual(losses);
    expect(first.bits()).toEqual(second.bits());
    for (const training of [first, second]) training.dispose();
  });
});

describe('constants of a replayed step', () => {
  function results(step: (x: tf.Variable) => tf.Tensor): string[] {
    const x = tf.variable(tf.zeros([4]));
    const replay = backend.replay<{ y: tf.Tensor }>();
    const all = [1, 2, 3, 4, 5].map((value) => {
      writeTensor(x, Float32Array.of(value, 2, 3, 4));
      return bitsOf(replay.run(() => ({ y: tf.tidy(() => step(x)) })).y.dataSync());
    });
    expect(replay.replaying).toBe(true);
    return all;
  }

  /** The same without the engine. */
  const expected = (f: (x: number[]) => number[]) =>
    [1, 2, 3, 4, 5].map((value) => bitsOf(Float32Array.from(f([value, 2, 3, 4]))));

  it('survive a later tensor of their size', () => {
    const got = results((x) => {
      const ten = tf.tensor([10, 10, 10, 10]);
      const sum = tf.add(x, ten);
      // The block of the constant is free now, and the product would take it.
      ten.dispose();
      return tf.mul(sum, sum);
    });
    expect(got).toEqual(expected((x) => x.map((element) => (element + 10) ** 2)));
  });

  it('survive an earlier tensor of their size', () => {
    const got = results((x) => {
      const square = tf.mul(x, x);
      const twice = tf.add(x, x);
      const product = tf.mul(square, x);
      // Two blocks are free now: the sum would take one, the constant the other.
      tf.dispose([square, twice]);
      return tf.add(product, tf.tensor([10, 10, 10, 10]));
    });
    expect(got).toEqual(expected((x) => x.map((element) => element ** 3 + 10)));
  });
});

describe('threads', () => {
  const sizes = Array.from({ length: 60 }, (_, i) => (i % 3 === 2 ? 4 : 9));

  it.each([
    ['CNN', 'none', {}],
    ['Bayesian convolutions', 'conv', {}],
    ['all Bayesian', 'all', {}],
    ['Adam and augmentation', 'all', { optimizer: { kind: 'adam' }, augment: ['crop', 'flip'] }],
  ] as [string, 'none' | 'conv' | 'all', TrainingOptions][])(
    'one to four give the same bits: %s',
    async (_name, bayesian, options) => {
      const bits = [];
      for (const { threads, adaptive } of [
        ...[1, 2, 3, 4].map((count) => ({ threads: count, adaptive: false })),
        { threads: 4, adaptive: true },
      ]) {
        await start(threads);
        backend.simd.adaptive = adaptive;
        expect(backend.simd.threads).toBe(threads);
        const training = new Training(bayesian, source, options);
        bits.push({ losses: training.run(sizes), weights: training.bits() });
        training.dispose();
      }
      for (const other of bits.slice(1)) expect(other).toEqual(bits[0]);
    },
  );
});
