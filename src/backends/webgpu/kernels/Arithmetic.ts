import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Fallback } from '../../register.js';
import type { WebgpuBackend } from '../backend.js';
import { defineProgram } from '../program.js';
import { type GpuKernel, size } from './kernel.js';

const program = (name: string, operator: string) =>
  defineProgram(name, {
    params: { scalarA: 'u32', scalarB: 'u32' },
    reads: { a: 'f32', b: 'f32' },
    writes: { y: 'f32' },
    each: `y[i] = a[select(i, 0u, p.scalarA != 0u)] ${operator} b[select(i, 0u, p.scalarB != 0u)];`,
  });
const ADD = program('Add', '+');
const MULTIPLY = program('Multiply', '*');

/** Whether the engine's kernel covers this pair: float32, and equal shapes or a scalar side. */
function covered(a: TensorInfo, b: TensorInfo): boolean {
  const floats = a.dtype === 'float32' && b.dtype === 'float32';
  const same = a.shape.join() === b.shape.join();
  return floats && (same || a.shape.length === 0 || b.shape.length === 0);
}

function combine(backend: WebgpuBackend, by: typeof ADD, a: TensorInfo, b: TensorInfo): TensorInfo {
  const y = backend.output(a.shape.length >= b.shape.length ? a.shape : b.shape);
  const n = size(y);
  const scalar = (side: TensorInfo) => Number(size(side) === 1 && n > 1);
  backend.each(by, { a, b, y }, { scalarA: scalar(a), scalarB: scalar(b) }, n);
  return y;
}

function binary(name: string, by: typeof ADD, fallback: Fallback<WebgpuBackend>): GpuKernel<unknown> {
  return {
    name,
    run: ({ a, b }, backend) => (covered(a, b) ? combine(backend, by, a, b) : fallback({ a, b }, backend)),
  };
}

export const add = (fallback: Fallback<WebgpuBackend>) => binary('Add', ADD, fallback);
export const multiply = (fallback: Fallback<WebgpuBackend>) => binary('Multiply', MULTIPLY, fallback);

/** Sums from left to right. */
export const addN = (fallback: Fallback<WebgpuBackend>): GpuKernel<unknown> => ({
  name: 'AddN',
  run(inputs, backend) {
    const terms = Object.values(inputs);
    const shape = terms[0].shape.join();
    const alike = terms.every((term) => term.dtype === 'float32' && term.shape.join() === shape);
    if (terms.length < 2 || !alike) return fallback(inputs, backend);
    return terms.reduce((total, term, i) => {
      const next = combine(backend, ADD, total, term);
      // Not the caller's own first term.
      if (i > 1) backend.disposeData(total.dataId);
      return next;
    });
  },
});

/** dy, slope -> their product; it has no gradient of its own. dy may be a scalar. */
export const SavedSlope: GpuKernel<unknown> = {
  name: 'SavedSlope',
  run: ({ dy, slope }, backend) => {
    const y = backend.output(slope.shape);
    const scalarA = Number(size(dy) === 1 && size(y) > 1);
    backend.each(MULTIPLY, { a: dy, b: slope, y }, { scalarA, scalarB: 0 }, size(y));
    return y;
  },
};
