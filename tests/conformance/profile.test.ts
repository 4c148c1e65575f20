import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Work, workOf } from '../../src/backends/simd/flops.js';
import { measurePeak, Profiler, type SimdBackend, startSimd } from '../../src/backends/simd/index.js';
import { Op } from '../../src/backends/simd/opcodes.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { convReluPool, dense, lrtConvReluPool, lrtDense } from '../../src/ops/index.js';
import { noiseSource, Training } from './training.js';

let backend: SimdBackend;
beforeAll(async () => {
  await loadTfjs();
  backend = await startSimd(2, false);
});
afterAll(() => tf.removeBackend('simd'));

const normal = <T extends tf.Tensor>(...shape: number[]) => tf.randomNormal(shape, 0, 1, 'float32', 7) as T;
const positive = <T extends tf.Tensor>(...shape: number[]) =>
  tf.randomUniform(shape, 0.1, 1, 'float32', 7) as T;

/** The work of every kernel call in `run`, by kernel. */
function worksOf(run: () => void): Record<string, Work> {
  const works: Record<string, Work> = {};
  const dispatch = backend.dispatch.bind(backend);
  const spy = vi.spyOn(backend, 'dispatch').mockImplementation((op, words, scratch) => {
    dispatch(op, words, scratch);
    works[Op[op]] = workOf({ op, words }, backend.simd.heap);
  });
  tf.tidy(run);
  spy.mockRestore();
  return works;
}

describe('multiply-adds of the formulas, counted as two', () => {
  const [B, H, C, K, O] = [3, 11, 2, 3, 5];
  const options = { stride: 2, padding: 1, dilation: 1, relu: true, pool: true };
  /** floor((11 + 2 - 3) / 2) + 1, and half of it after the pool. */
  const [CONV, POOLED] = [6, 3];

  it('of a convolution and its gradients: at every place, and of gradients what is not a product with zero', () => {
    let live = 0;
    const works = worksOf(() => {
      const [x, filter] = [normal<tf.Tensor4D>(B, H, H, C), normal<tf.Tensor4D>(K, K, C, O)];
      const f = (a: tf.Tensor4D, w: tf.Tensor4D) => convReluPool(a, w, undefined, options);
      live = f(x, filter)
        .dataSync()
        .filter((value) => value > 0).length;
      tf.grads(f as never)([x, filter], tf.ones([B, POOLED, POOLED, O]));
    });
    // Some of the 3 x 3 x 3 x 5 outputs are dead, or the test would not see whether they count.
    expect(live).toBeGreaterThan(0);
    expect(live).toBeLessThan(B * POOLED * POOLED * O);
    const shape = '11x11x2 to 3x3x5';
    expect(works.ConvForward).toEqual({ shape, flop: 2 * B * CONV * CONV * O * K * K * C });
    const gradient = { ...works.ConvForward, liveFlop: 2 * live * K * K * C };
    expect(works.ConvGradFilter).toEqual(gradient);
    expect(works.ConvGradInput).toEqual(gradient);
  });

  it('of a Bayesian convolution: mean and variance', () => {
    let live = 0;
    const works = worksOf(() => {
      const x = normal<tf.Tensor4D>(B, H, H, C);
      const [mu, variance] = [normal<tf.Tensor4D>(K, K, C, O), positive<tf.Tensor4D>(K, K, C, O)];
      const noise = { epsilon: normal<tf.Tensor4D>(B, CONV, CONV, O) };
      const f = (a: tf.Tensor4D, m: tf.Tensor4D, v: tf.Tensor4D) =>
        lrtConvReluPool(a, { mu: m, variance: v }, noise as never, { ...options, clamp: 0 });
      live = f(x, mu, variance)
        .dataSync()
        .filter((value) => value > 0).length;
      tf.grads(f as never)([x, mu, variance], tf.ones([B, POOLED, POOLED, O]));
    });
    const flop = 2 * 2 * B * CONV * CONV * O * K * K * C;
    expect(works.LrtConvForward.flop).toBe(flop);
    // Its noise was given.
    expect(works.LrtConvForward.noise).toBeUndefined();
    for (const gradient of [works.ConvGradFilter, works.ConvGradInput])
      expect(gradient).toMatchObject({ flop, liveFlop: 2 * 2 * live * K * K * C });
  });

  it('of dense layers: every product, zeros too', () => {
    const works = worksOf(() => {
      const [x, kernel] = [normal<tf.Tensor2D>(B, 7), normal<tf.Tensor2D>(7, 9)];
      const f = (a: tf.Tensor2D, w: tf.Tensor2D) => dense(a, w, undefined, { relu: true });
      tf.grads(f as never)([x, kernel], tf.ones([B, 9]));
    });
    const work = { shape: '7 to 9', flop: 2 * B * 7 * 9 };
    expect(works).toEqual({ DenseForward: work, DenseGradKernel: work, DenseGradInput: work });
  });

  it('of Bayesian dense layers: mean and variance', () => {
    const works = worksOf(() => {
      const [x, mu, variance] = [normal(B, 7), normal(7, 9), positive(7, 9)];
      const noise = { epsilon: normal(B, 9) };
      const f = (a: tf.Tensor2D, m: tf.Tensor2D, v: tf.Tensor2D) =>
        lrtDense(a, { mu: m, variance: v }, noise as never, { relu: true, clamp: 0 });
      tf.grads(f as never)([x, mu, variance], tf.ones([B, 9]));
    });
    const flop = 2 * 2 * B * 7 * 9;
    expect(works.LrtDenseForward.flop).toBe(flop);
    expect(works.DenseGradKernel.flop).toBe(flop);
    expect(works.DenseGradInput.flop).toBe(flop);
  });

  it('of other kernels: none claimed', () => {
    const works = worksOf(() => {
      tf.add(normal(8), normal(8));
    });
    expect(works).toEqual({ Add: { shape: '', flop: undefined } });
  });
});

describe('the profiler', () => {
  const source = noiseSource();
  const STEPS = Array.from({ length: 40 }, () => 4);

  it('changes no bit of the training, and accounts for every kernel call', () => {
    const plain = new Training('all', source);
    const losses = plain.run(STEPS);
    const profiled = new Training('all', source);
    const profiler = new Profiler(backend.simd);
    const recorded = vi.spyOn(backend.simd, 'run');
    profiled.step.runReplaysBy(4, profiler.run);
    expect(profiled.run(STEPS)).toEqual(losses);
    expect(profiled.bits()).toEqual(plain.bits());

    const { instructions, empty, program, noise, steps } = profiler.result();
    const count = Math.max(...recorded.mock.calls.map(([, length]) => length));
    expect(instructions).toHaveLength(count);
    // 40 steps: the first, two for the recording, ten to warm up, one counted, 13 timed as a whole, 13 one by one.
    expect(steps).toBe(13);
    const kernels = new Set(instructions.map(({ kernel }) => kernel));
    for (const name of ['LrtConvForward', 'LrtDenseForward', 'ConvGradFilter', 'SgdUpdate', 'GatherImages'])
      expect(kernels).toContain(name);
    for (const { min, median } of instructions) expect(min).toBeLessThanOrEqual(median);
    // LeNet draws 28 x 28 x 6, 10 x 10 x 16, 120, 84 and 10 normals an image.
    const drawn = instructions.flatMap(({ kernel }, i) => (kernel.startsWith('Lrt') ? [i] : []));
    expect(drawn).toHaveLength(5);
    expect(noise).toBeGreaterThan(0);
    expect(noise).toBeLessThan(drawn.reduce((sum, i) => sum + instructions[i].median, 0));
    expect(empty).toBeGreaterThan(0);
    expect(program).toBeGreaterThan(0);
    profiler.dispose();
    for (const training of [plain, profiled]) training.dispose();
  });

  it('gives no figures without steps', () => {
    const profiler = new Profiler(backend.simd);
    expect(() => profiler.result()).toThrow('no step was timed');
    profiler.dispose();
  });
});

describe('the peak of multiply-adds', () => {
  it('is what no kernel exceeds', () => {
    const peak = measurePeak(backend.simd);
    // Some arithmetic must happen (a dropped loop would give terahertz), and not at an interpreter's pace.
    expect(peak).toBeGreaterThan(5e8);
    expect(peak).toBeLessThan(1e12);
    const [B, I, O] = [64, 256, 256];
    const [x, kernel] = [normal<tf.Tensor2D>(B, I), normal<tf.Tensor2D>(I, O)];
    const times = Array.from({ length: 20 }, () => {
      const started = performance.now();
      dense(x, kernel, undefined, { relu: false }).dispose();
      return performance.now() - started;
    });
    const rate = (2000 * B * I * O) / Math.min(...times);
    expect(rate).toBeLessThan(1.1 * backend.simd.threads * peak);
    tf.dispose([x, kernel]);
  });
});
