import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { type Layout, toTorchOrder } from '../../src/models/layout.js';

/** A tensor of goldens.json: PyTorch's layout, row-major. */
export interface GoldenTensor {
  shape: number[];
  data: number[];
  f64_max_abs_diff?: number;
}
/** A scalar of goldens.json. */
export interface GoldenScalar {
  f32: number;
  f64: number;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHARED = process.env.BAYESCNN_SHARED ?? path.resolve(ROOT, '../shared');
const FILE = path.join(SHARED, 'reference/goldens.json');

/** PyTorch's golden values, or null where they are not at hand. */
// biome-ignore lint/suspicious/noExplicitAny: the file's shape is checked by every use of it
export const goldens: any = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : null;

/** Put behind a suite's name, so that a skip says why. */
export const absent =
  goldens === null ? ` (skipped: no ${path.relative(ROOT, FILE)}; set BAYESCNN_SHARED)` : '';

const ULP = 2 ** -23;

/**
 * How far a float32 result may be from PyTorch's float32 result: four times PyTorch's own rounding error (its largest
 * deviation from float64), but at least 8 ulp of the tensor's largest magnitude, because another
 * order of summation is as good a float32 result where PyTorch happened to be exact.
 */
export function tolerance(golden: GoldenTensor): number {
  const largest = golden.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.max(4 * (golden.f64_max_abs_diff ?? 0), 8 * ULP * largest);
}

/** The same for a scalar against its float64 value; `magnitude`: the size of what was added up, if larger. */
export function scalarTolerance({ f32, f64 }: GoldenScalar, magnitude = 0): number {
  return Math.max(4 * Math.abs(f32 - f64), 8 * ULP * Math.max(Math.abs(f64), magnitude));
}

export function expectClose(
  name: string,
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  within: number,
): void {
  expect(got.length, `${name}: number of values`).toBe(wanted.length);
  let worst = 0;
  let at = 0;
  for (let i = 0; i < wanted.length; i++) {
    const distance = Math.abs(got[i] - wanted[i]);
    if (!(distance <= worst)) [worst, at] = [distance, i];
  }
  expect(worst, `${name}[${at}]: ${got[at]} for ${wanted[at]}`).toBeLessThanOrEqual(within);
}

/** Compares a tensor, by its layout where it has one, with a golden one. */
export function expectGolden(name: string, tensor: tf.Tensor, golden: GoldenTensor, layout?: Layout): void {
  const values = tensor.dataSync() as Float32Array;
  const wanted = golden.data.map(Math.fround);
  expectClose(name, layout === undefined ? values : toTorchOrder(layout, values), wanted, tolerance(golden));
}

export function expectGoldenScalar(
  name: string,
  tensor: tf.Tensor,
  golden: GoldenScalar,
  magnitude = 0,
): void {
  expect(tensor.size, name).toBe(1);
  expectClose(name, tensor.dataSync(), [golden.f64], scalarTolerance(golden, magnitude));
}

/** A golden tensor as it is. */
export function plain(golden: GoldenTensor): tf.Tensor {
  return tf.tensor(Float32Array.from(golden.data), golden.shape);
}

/** A golden activation NCHW as NHWC. */
export function image(golden: GoldenTensor): tf.Tensor4D {
  return tf.transpose(plain(golden) as tf.Tensor4D, [0, 2, 3, 1]);
}

/** An NHWC tensor's values in NCHW order. */
export function nchw(tensor: tf.Tensor): Float32Array {
  return tf.tidy(() => tf.transpose(tensor, [0, 3, 1, 2]).dataSync() as Float32Array);
}

/** The generator of goldens.json: see its `conventions`. */
export class Lcg {
  constructor(private state: number) {}

  private u(): number {
    this.state = (Math.imul(1664525, this.state) + 1013904223) >>> 0;
    return ((this.state >>> 8) + 0.5) / 2 ** 24;
  }

  uniform(shape: number[], low: number, high: number): GoldenTensor {
    return { shape, data: fill(shape, () => Math.fround(low + (high - low) * this.u())) };
  }

  normal(shape: number[]): GoldenTensor {
    const draw = () => {
      const radius = Math.sqrt(-2 * Math.log(this.u()));
      return Math.fround(radius * Math.cos(2 * Math.PI * this.u()));
    };
    return { shape, data: fill(shape, draw) };
  }
}

function fill(shape: number[], draw: () => number): number[] {
  return Array.from({ length: shape.reduce((product, size) => product * size, 1) }, draw);
}
