import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SimdBackend, startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';

/** Kernels of TF.js that run on the engine's memory: their results must not share it, nor another type's bits. */
beforeAll(async () => {
  await loadTfjs();
});
beforeEach(async () => {
  await startSimd(2, false);
});
afterEach(() => tf.removeBackend('simd'));

/** A tensor in the engine's memory, as the engine's own kernels make them. */
function computed(values: readonly number[]): tf.Tensor1D {
  return tf.tidy(() => tf.add(tf.tensor1d([...values]), 0));
}

/** Takes all blocks of this size that are free, and fills them. */
function overwriteFreed(count: number): void {
  for (let i = 0; i < 8; i++) tf.tidy(() => tf.keep(tf.add(tf.fill([count], 77), 0)));
}

function afterDisposal(make: (x: tf.Tensor1D) => tf.Tensor): number[] {
  const x = computed([1, 2, 3, 4]);
  const result = tf.tidy(() => make(x));
  x.dispose();
  overwriteFreed(4);
  return Array.from(result.dataSync());
}

describe('a result outlives its input', () => {
  it('slice', () => expect(afterDisposal((x) => tf.slice(x, 1, 2))).toEqual([2, 3]));
  it('split', () => expect(afterDisposal((x) => tf.split(x, 2)[1])).toEqual([3, 4]));
  it('unstack', () => expect(afterDisposal((x) => tf.unstack(tf.reshape(x, [2, 2]))[0])).toEqual([1, 2]));
  it('real part', () => expect(afterDisposal((x) => tf.real(tf.complex(x, x)))).toEqual([1, 2, 3, 4]));
  it('complex', () => {
    expect(afterDisposal((x) => tf.complex(x, tf.zerosLike(x)))).toEqual([1, 0, 2, 0, 3, 0, 4, 0]);
  });
});

describe('a cast has its own values', () => {
  it.each(['int32', 'bool'] as const)('%s to float32', (dtype) => {
    const x = tf.tensor1d([1, 0, 1], dtype);
    const sum = tf.tidy(() => tf.add(tf.cast(x, 'float32'), tf.tensor1d([0.5, 0.5, 0.5])));
    expect(Array.from(sum.dataSync())).toEqual([1.5, 0.5, 1.5]);
    expect(x.dataSync()).toBeInstanceOf(dtype === 'int32' ? Int32Array : Uint8Array);
    expect(Array.from(x.dataSync())).toEqual([1, 0, 1]);
  });

  it('and its own life', () => {
    const { numTensors, numDataBuffers } = tf.memory();
    const x = tf.tensor1d([3, 4], 'int32');
    const y = tf.cast(x, 'float32');
    expect(tf.memory()).toMatchObject({ numTensors: numTensors + 2, numDataBuffers: numDataBuffers + 2 });
    x.dispose();
    expect(Array.from(tf.mul(y, y).dataSync())).toEqual([9, 16]);
    y.dispose();
    // The product is left.
    expect(tf.memory()).toMatchObject({ numTensors: numTensors + 1, numDataBuffers: numDataBuffers + 1 });
    expect(tf.backend().numDataIds()).toBe(1);
  });
});

describe('after TF.js has disposed of the backend', () => {
  it('setBackend starts a new engine', async () => {
    const first = tf.backend();
    tf.engine().reset();
    expect(await tf.setBackend('simd')).toBe(true);
    expect(tf.backend()).not.toBe(first);
    expect(Array.from(tf.add(tf.tensor1d([1, 2]), 1).dataSync())).toEqual([2, 3]);
  });

  it('the old engine refuses work', () => {
    const { simd } = tf.backend() as unknown as SimdBackend;
    tf.engine().reset();
    expect(() => simd.run(0, 0)).toThrow(/disposed/);
  });
});
