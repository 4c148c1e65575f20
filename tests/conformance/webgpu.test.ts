import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { startWebgpu, type WebgpuBackend } from '../../src/backends/webgpu/index.js';
import { defineProgram } from '../../src/backends/webgpu/program.js';
import {
  dense,
  gatherImages,
  lrtConvReluPool,
  lrtDense,
  sampleWeights,
  standardNormal,
  weightEpsilon,
  writeTensor,
} from '../../src/ops/index.js';
import { streamKey } from '../../src/rng.js';
import { evaluate, normal } from './compare.js';
import { whatWebgpuLacks } from './engines.js';
import { bitsOf, noiseSource, Training, type TrainingOptions } from './training.js';

/** What the parity suite does not see: noise, replay, the device's memory, and what goes wrong. */
const lacks = await whatWebgpuLacks();
const source = noiseSource();
let backend: WebgpuBackend;

describe.skipIf(lacks !== undefined)(`webgpu${lacks === undefined ? '' : ` [skipped: ${lacks}]`}`, () => {
  beforeAll(async () => {
    await loadTfjs();
    backend = await startWebgpu();
  });
  afterAll(async () => {
    tf.removeBackend('webgpu');
    await backend.device.dispose();
  });
  beforeEach(() => tf.setBackend('webgpu') as Promise<never>);

  describe('noise is the defined one', () => {
    const key = streamKey(1, 'noise/conv1');
    const clockAt = (step: number, sample: number, image: number, sharedBits = 0) =>
      tf.tensor1d(Int32Array.of(step, sample, image, sharedBits), 'int32');
    const worst = (got: tf.Tensor, wanted: tf.Tensor) => {
      const [a, b] = [got, wanted].map((tensor) => tensor.dataSync() as Float32Array);
      expect(a.length).toBe(b.length);
      expect(a.every(Number.isFinite)).toBe(true);
      return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
    };
    // Evaluations set the step's top bit, and images of theirs share draws.
    const PLACES: [number, number, number, number][] = [
      [7, 3, 100, 0],
      [-0x80000000 + 20, 9, 9_875, 3],
    ];

    // Mean 0 and variance 1 from every input, so that the output is epsilon.
    it.each(PLACES)('for dense layers and convolutions, at step %i, sample %i, image %i', (...at) => {
      tf.tidy(() => {
        const noise = { clock: clockAt(...at), key };
        for (const outputs of [1, 17, 84]) {
          const weights = {
            mu: tf.zeros<tf.Rank.R2>([1, outputs]),
            variance: tf.ones<tf.Rank.R2>([1, outputs]),
          };
          const y = lrtDense(tf.ones([5, 1]), weights, noise, { relu: false, clamp: 0 });
          expect(worst(y, standardNormal([5, outputs], noise.clock, key))).toBeLessThan(2e-6);
        }
        const weights = {
          mu: tf.zeros<tf.Rank.R4>([1, 1, 1, 7]),
          variance: tf.ones<tf.Rank.R4>([1, 1, 1, 7]),
        };
        const plain = { stride: 1, padding: 0, dilation: 1, relu: false, pool: false, clamp: 0 };
        const y = lrtConvReluPool(tf.ones([2, 3, 5, 1]), weights, noise, plain);
        expect(worst(y, standardNormal([2, 3, 5, 7], noise.clock, key))).toBeLessThan(2e-6);
      });
    });

    it('for the samples of an image side by side', () => {
      tf.tidy(() => {
        const noise = { clock: clockAt(4, 2, 30), key, samples: 3, repeat: 3 };
        const weights = { mu: tf.zeros<tf.Rank.R2>([1, 5]), variance: tf.ones<tf.Rank.R2>([1, 5]) };
        const y = lrtDense(tf.ones([2, 1]), weights, noise, { relu: false, clamp: 0 });
        expect(worst(y, standardNormal([6, 5], noise.clock, key, 3))).toBeLessThan(2e-6);
      });
    });

    it.each([undefined, 2])('for weights, image %s', (image) => {
      tf.tidy(() => {
        const noise = { clock: clockAt(4, 2, 30, 3), key, ...(image === undefined ? {} : { image }) };
        // softplus(0.5413248546) = 1
        const w = sampleWeights(undefined, tf.fill([7, 5], 0.5413248546), noise);
        expect(worst(w, weightEpsilon(noise, [7, 5]))).toBeLessThan(2e-6);
      });
    });
  });

  it('images have the bytes of the source to rounding, through windows and from any place', async () => {
    const indices = Int32Array.of(63, 0, 17);
    const transforms = Int32Array.of(4, -4, 1, -32, 0, 0, 0, 3, 1);
    const on = async (engine: string, windows: boolean) => {
      await tf.setBackend(engine);
      const moved = windows ? tf.tensor1d(transforms, 'int32') : undefined;
      return gatherImages(tf.tensor1d(indices, 'int32'), source, moved).dataSync() as Float32Array;
    };
    for (const windows of [false, true]) {
      const [wanted, got] = [await on('cpu', windows), await on('webgpu', windows)];
      const error = got.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
      expect(error).toBeLessThan(1e-6);
    }
  });

  it('products large enough for tiles are those of cpu', async () => {
    const arrays = {
      x: normal('x', [37, 50]),
      kernel: normal('kernel', [50, 41]),
      bias: normal('bias', [41]),
    };
    // biome-ignore lint/suspicious/noExplicitAny: ranks as above
    const op = (t: any) => dense(t.x, t.kernel, t.bias, { relu: true });
    const [wanted, got] = [await evaluate('cpu', arrays, op), await evaluate('webgpu', arrays, op)];
    for (const [what, values] of Object.entries(wanted)) {
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const error = values.reduce((most, value, i) => Math.max(most, Math.abs(value - got[what][i])), 0);
      expect(error / scale, what).toBeLessThan(5e-6);
    }
  });

  describe('ops that are borrowed from cpu', () => {
    const computed = () => tf.add(tf.tensor1d([1, 2, 3, 4]), 0) as tf.Tensor1D;

    it('take tensors from the device, and give tensors to it', () => {
      const values = tf.tidy(() => tf.add(tf.cumsum(computed()), tf.slice(computed(), 0, 4)).dataSync());
      expect(Array.from(values)).toEqual([2, 5, 9, 14]);
    });

    it('may be casts, of which both sides keep their own type', () => {
      const x = tf.tensor1d([1, 0, 1], 'int32');
      const sum = tf.tidy(() => tf.add(tf.cast(x, 'float32'), tf.tensor1d([0.5, 0.5, 0.5])));
      expect(Array.from(sum.dataSync())).toEqual([1.5, 0.5, 1.5]);
      expect(Array.from(x.dataSync())).toEqual([1, 0, 1]);
      tf.dispose([x, sum]);
    });

    it('may be complex', () => {
      const values = tf.tidy(() => tf.real(tf.complex(computed(), computed())).dataSync());
      expect(Array.from(values)).toEqual([1, 2, 3, 4]);
    });
  });

  describe.each([
    ['none', { model: { dropout: { rate: 0.2, layers: 'all', sampled: false } } }],
    ['conv', { augment: ['crop', 'flip'] }],
    ['all', { optimizer: { kind: 'adam' } }],
    ['all', { model: { estimator: 'flipout' } }],
    ['all', { model: { estimator: 'weight-sampling', prior: { kind: 'laplace', scale: 0.1 } } }],
  ] as ['none' | 'conv' | 'all', TrainingOptions][])(
    'a training step, bayesian: %s, %j',
    (bayesian, options) => {
      const SIZES = [2, 2, 2, 2];

      it('is replayed with the bits of an eager one, with one message and one read, and keeps no memory', () => {
        const use = () => ({ tensors: tf.memory().numTensors, bytes: backend.usedBytes });
        const first = new Training(bayesian, source, options);
        const losses = first.run(SIZES.slice(0, 3));
        expect(first.step.obstacle).toBeUndefined();
        const [reads, warm] = [backend.reads, use()];
        const calls = vi.spyOn(backend.device, 'call');
        losses.push(...first.run(SIZES.slice(3)));
        expect(calls).not.toHaveBeenCalled();
        expect(backend.reads - reads).toBe(1);
        expect(use()).toEqual(warm);

        vi.spyOn(backend, 'replay').mockReturnValue(undefined as never);
        const second = new Training(bayesian, source, options);
        const before = second.bits();
        expect(second.run(SIZES)).toEqual(losses);
        const after = second.bits();
        expect(first.bits()).toEqual(after);
        for (const [name, bits] of Object.entries(before)) expect(after[name], name).not.toBe(bits);
        for (const training of [first, second]) training.dispose();
      });
    },
  );

  it('gives back what a training took', () => {
    const rehearsal = new Training('conv', source);
    rehearsal.run([2, 2, 2, 2]);
    rehearsal.dispose();
    const empty = backend.usedBytes;
    const training = new Training('conv', source);
    training.run([2, 2, 2, 2]);
    expect(backend.usedBytes).toBeGreaterThan(empty);
    training.dispose();
    expect(backend.usedBytes).toBe(empty);
  });

  it('a loss that is not a number shows as one', () => {
    const training = new Training('none', source);
    const [{ variable }] = training.model.parameters;
    training.run([2, 2, 2]);
    writeTensor(variable, new Float32Array(variable.size).fill(Number.NaN));
    const [{ nll }] = training.run([2]);
    expect(nll).toBeNaN();
    training.dispose();
  });

  it('a read that is woken too early waits on', () => {
    const wait = vi.spyOn(Atomics, 'wait').mockReturnValueOnce('ok');
    const x = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1));
    expect(Array.from(x.dataSync())).toEqual([2, 3]);
    // Twice, unless the answer was there first.
    expect(wait).toHaveBeenCalled();
    x.dispose();
  });

  it('a read is a copy', () => {
    const x = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1));
    (x.dataSync() as Float32Array)[0] = 9;
    expect(bitsOf(x.dataSync())).toBe(bitsOf(Float32Array.of(2, 3)));
    x.dispose();
  });
});

describe.skipIf(lacks !== undefined)('webgpu, when something goes wrong', () => {
  beforeEach(async () => {
    await loadTfjs();
    backend = await startWebgpu();
    return async () => {
      tf.removeBackend('webgpu');
      await backend.device.dispose();
    };
  });

  it('a buffer that the device cannot have is an error that names its limit', () => {
    const { largestBuffer } = backend.device.adapter;
    expect(() => backend.allocate(largestBuffer + 1)).toThrow(
      `engine webgpu: at most ${largestBuffer} bytes in one buffer`,
    );
  });

  it('a failure on the device is an error at the next read, and at every later one', () => {
    const broken = defineProgram('Broken', { writes: { y: 'f32' }, each: 'y[i] = no_such_name;' });
    const y = backend.output([1]);
    backend.each(broken, { y }, {}, 1);
    for (let i = 0; i < 2; i++)
      expect(() => backend.readSync(y.dataId)).toThrow(
        /^engine webgpu: the GPU's thread failed, .*no_such_name/s,
      );
  });

  it('setBackend starts it again after TF.js has disposed of it; the old device refuses work', async () => {
    tf.engine().reset();
    expect(() => backend.device.read([])).toThrow(/disposed/);
    expect(await tf.setBackend('webgpu')).toBe(true);
    const next = tf.backend() as unknown as WebgpuBackend;
    expect(next).not.toBe(backend);
    expect(Array.from(tf.add(tf.tensor1d([1, 2]), 1).dataSync())).toEqual([2, 3]);
    await next.device.dispose();
  });
});
