import { expect } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { Stream, streamKey } from '../../src/rng.js';

/**
 * The largest error that each engine may have against another, relative to the largest magnitude of a tensor. An engine may add up
 * in any order of float32; twenty steps pass a step's rounding on, and a ReLU or a pool may turn on it.
 */
export const TOLERANCES = {
  simd: { forward: 5e-6, gradients: 5e-5, training: 1e-5, entropy: 1e-6 },
  tensorflow: { forward: 5e-6, gradients: 5e-5, training: 1e-5, entropy: 1e-6 },
  webgpu: { forward: 5e-6, gradients: 5e-5, training: 1e-5, entropy: 1e-6 },
} as const;

/** Largest difference over the largest expected magnitude; not below it for NaN. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let [worst, scale] = [0, 1e-3];
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return worst / scale;
}

/** Inputs of an op, by name; integers are not differentiated. */
export type Arrays = Record<string, { shape: number[]; values: Float32Array; dtype?: 'int32' }>;
export type Tensors = Record<string, tf.Tensor>;
export type Op = (inputs: Tensors) => tf.Tensor | tf.Tensor[];

/** Normal values that depend on the name alone. */
export function normal(name: string, shape: number[], scale = 1, positive = false): Arrays[string] {
  const stream = new Stream(streamKey(1, name));
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: size }, () => {
    const value = scale * stream.normal();
    return positive ? Math.abs(value) + 1e-3 : value;
  });
  return { shape, values };
}

/** Values and gradients (of a fixed random cotangent on the first output) on one backend. */
export async function evaluate(name: string, arrays: Arrays, op: Op): Promise<Record<string, Float32Array>> {
  await tf.setBackend(name);
  const entries = Object.entries(arrays).map(([key, { shape, values, dtype }]) => {
    const data = dtype === 'int32' ? Int32Array.from(values) : values;
    return [key, tf.tensor(data, shape, dtype ?? 'float32')] as const;
  });
  const names = entries.filter(([, t]) => t.dtype === 'float32').map(([key]) => key);
  const fixed = Object.fromEntries(entries.filter(([key]) => !names.includes(key)));
  const result: Record<string, Float32Array> = {};
  const outputs = [op(Object.fromEntries(entries))].flat();
  for (const [i, output] of outputs.entries()) result[`output ${i}`] = Float32Array.from(output.dataSync());
  const cotangents = outputs.map((o, i) => normal(`cotangent ${i}`, o.shape));
  const loss = (...args: tf.Tensor[]) => {
    const given = Object.fromEntries(names.map((key, i) => [key, args[i]]));
    const ys = [op({ ...fixed, ...given })].flat();
    const terms = ys.map((y, i) => tf.sum(tf.mul(y, tf.tensor(cotangents[i].values, y.shape))));
    return tf.addN(terms) as tf.Scalar;
  };
  const gradients = tf.grads(loss)(names.map((key) => entries.find(([k]) => k === key)?.[1] as tf.Tensor));
  for (const [i, key] of names.entries())
    result[`gradient of ${key}`] = Float32Array.from(gradients[i].dataSync());
  return result;
}

/** Largest error below `tolerance` of the largest expected magnitude. */
export function expectClose(
  actual: Float32Array,
  expected: Float32Array,
  what: string,
  tolerance = 2e-5,
): void {
  expect(relativeError(actual, expected), what).toBeLessThan(tolerance);
}

/** An op on the engine against its composition on `cpu`: values and every gradient. */
export async function compare(arrays: Arrays, op: Op, tolerance?: number): Promise<void> {
  const expected = await evaluate('cpu', arrays, op);
  const actual = await evaluate('simd', arrays, op);
  for (const [what, values] of Object.entries(expected)) expectClose(actual[what], values, what, tolerance);
}
