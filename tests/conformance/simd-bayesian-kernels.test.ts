import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import {
  type Density,
  empiricalKl,
  flipoutSum,
  flipSigns,
  laplaceKl,
  sampledKl,
  sampleWeights,
} from '../../src/ops/index.js';
import { streamKey } from '../../src/rng.js';
import { type Arrays, compare, evaluate, normal, type Op, type Tensors } from './compare.js';

/** The kernels behind estimators and priors against compositions of TF.js's own `cpu` ops: values and every gradient. */
beforeAll(async () => {
  await loadTfjs();
  await startSimd(2, false);
});
afterAll(() => tf.removeBackend('simd'));

const key = streamKey(5, 'noise');
const clock = { shape: [4], values: Float32Array.of(7, 2, 100, 0), dtype: 'int32' as const };
const clockOf = (t: Tensors) => t.clock as tf.Tensor1D;
// Sizes around a vector, a group of normals and a chunk of the sums.
const SIZES = [[1], [6], [16], [17], [5, 5, 3, 6], [512], [3, 401]];

function posterior(shape: number[]): Arrays {
  return { mu: normal('mu', shape, 0.3), rho: normal('rho', shape, 3), clock };
}

/** rho where softplus, its logarithm or its slope leave float32, with means far from and at zero. */
const EXTREMES: Arrays = {
  mu: { shape: [10], values: Float32Array.of(0, 1e-4, -3, 0.5, -0.5, 2, 0, 1, -1, 40) },
  rho: { shape: [10], values: Float32Array.of(-60, -40, -20, -14.9, -15.1, -5, 0, 5, 21, 60) },
};

describe.each(SIZES.map((shape) => ({ shape })))('weights [$shape]', ({ shape }) => {
  it.each([undefined, 0, 3])('are drawn as in the composition, image %s', (image) =>
    compare(
      posterior(shape),
      (t) => sampleWeights(t.mu, t.rho, { clock: clockOf(t), key, ...(image !== undefined && { image }) }),
      2e-5,
    ),
  );

  it('are perturbed alone where there is no mean', () =>
    compare({ rho: normal('rho', shape, 3), clock }, (t) =>
      sampleWeights<tf.Tensor>(undefined, t.rho, { clock: clockOf(t), key }),
    ));

  it('take a given epsilon', async () => {
    const { mu, rho } = posterior(shape);
    const epsilon = normal('epsilon', shape);
    await compare({ mu, rho }, (t) =>
      sampleWeights(t.mu, t.rho, { epsilon: tf.tensor(epsilon.values, shape) }),
    );
  });
});

const DENSITIES: Density[] = [
  { kind: 'gaussian', sigma: 0.3 },
  { kind: 'scale-mixture', pi: 0.5, sigma1: 1, sigma2: 0.1 },
  { kind: 'scale-mixture', pi: 0.25, sigma1: 0.0025, sigma2: 1 },
  { kind: 'laplace', scale: 0.2 },
];

describe.each(DENSITIES)('the drawn divergence from $kind', (density) => {
  it.each(SIZES.map((shape) => ({ shape })))('of [$shape] equals the composition', async ({ shape }) => {
    const arrays = posterior(shape);
    await compare(arrays, (t) => sampledKl(t.mu, t.rho, density, { clock: clockOf(t), key }), 1e-4);
    const { mu, rho } = arrays;
    await compare({ mu, rho }, (t) => sampledKl(t.mu, t.rho, density, 'mean'), 1e-4);
    const epsilon = normal('epsilon', shape).values;
    const given: Op = (t) => sampledKl(t.mu, t.rho, density, { epsilon: tf.tensor(epsilon, shape) });
    await compare({ mu, rho }, given, 1e-4);
  });

  it('stays finite and right at extreme rho', () =>
    compare(EXTREMES, (t) => sampledKl(t.mu, t.rho, density, 'mean'), 1e-4));
});

describe('closed divergences', () => {
  it.each(SIZES.map((shape) => ({ shape })))('of [$shape] equal the composition', async ({ shape }) => {
    const { mu, rho } = posterior(shape);
    await compare({ mu, rho }, (t) => laplaceKl(t.mu, t.rho, 0.2), 2e-5);
    await compare({ mu, rho }, (t) => empiricalKl(t.mu, t.rho).kl, 2e-5);
    await compare({ mu, rho }, (t) => tf.mul(empiricalKl(t.mu, t.rho).kl, 3), 2e-5);
  });

  it('stay finite and right at extreme rho', async () => {
    await compare(EXTREMES, (t) => laplaceKl(t.mu, t.rho, 0.2), 2e-5);
    await compare(EXTREMES, (t) => empiricalKl(t.mu, t.rho).kl, 2e-5);
  });

  it("tell the learned prior's sigma", async () => {
    const { mu, rho } = posterior([3, 401]);
    const sigmas = [];
    for (const name of ['cpu', 'simd']) {
      await tf.setBackend(name);
      const [m, r] = [mu, rho].map(({ values, shape }) => tf.tensor(values, shape));
      sigmas.push(empiricalKl(m, r).priorSigma.dataSync()[0]);
    }
    expect(Math.abs(sigmas[1] / sigmas[0] - 1)).toBeLessThan(1e-6);
  });
});

describe('flipout', () => {
  it.each([[[3, 5, 4, 3]], [[2, 2, 3, 6]], [[2, 3, 3, 16]], [[4, 400]], [[3, 129]], [[2, 1]]])(
    'flips signs of %j as the composition',
    (shape) =>
      compare({ x: normal('x', shape), clock }, (t) => flipSigns(t.x, { clock: clockOf(t), key }), 1e-7),
  );

  it.each([
    [[3, 5, 4, 3], true, true],
    [[3, 5, 4, 3], true, false],
    [[2, 6, 6, 16], false, true],
    [[2, 7, 7, 130], true, true],
    [[2, 2, 3, 6], false, false],
    [[5, 84], true, false],
    [[5, 10], false, false],
  ])('sums %j as the composition, relu %s, pool %s', (shape, relu, pool) => {
    const arrays = { mean: normal('mean', shape), delta: normal('delta', shape), clock };
    return compare(
      arrays,
      (t) => flipoutSum(t.mean, t.delta, { clock: clockOf(t), key }, { relu, pool }),
      1e-6,
    );
  });
});

describe('threads', () => {
  it('do not change a bit', async () => {
    const arrays = posterior([5, 5, 6, 16]);
    const density = DENSITIES[1];
    const x = normal('x', [9, 6, 6, 16]);
    const ops: Op[] = [
      (t) => sampleWeights(t.mu, t.rho, { clock: clockOf(t), key }),
      (t) => sampledKl(t.mu, t.rho, density, { clock: clockOf(t), key }),
      (t) => laplaceKl(t.mu, t.rho, 0.2),
      (t) => empiricalKl(t.mu, t.rho).kl,
    ];
    const flip: Op = (t) =>
      flipoutSum(
        t.x,
        flipSigns(t.x, { clock: clockOf(t), key }),
        { clock: clockOf(t), key },
        { relu: true, pool: true },
      );
    const all = async () => [
      ...(await Promise.all(ops.map((op) => evaluate('simd', arrays, op)))),
      await evaluate('simd', { x, clock }, flip),
    ];
    const two = await all();
    await startSimd(3, false);
    const three = await all();
    for (const [i, results] of two.entries())
      for (const [what, values] of Object.entries(results)) {
        const bytes = Buffer.from(three[i][what].buffer);
        expect(Buffer.compare(Buffer.from(values.buffer), bytes), `${i} ${what}`).toBe(0);
      }
  });
});
