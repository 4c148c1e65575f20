import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Fallback } from '../../register.js';
import type { SimdBackend } from '../backend.js';
import { Op } from '../opcodes.js';
import { type SimdKernel, size } from './kernel.js';

/** Whether the engine's kernel covers this pair: float32, and equal shapes or a scalar side. */
function covered(a: TensorInfo, b: TensorInfo): boolean {
  const floats = a.dtype === 'float32' && b.dtype === 'float32';
  const same = a.shape.join() === b.shape.join();
  return floats && size(a) > 0 && size(b) > 0 && (same || a.shape.length === 0 || b.shape.length === 0);
}

function binary(name: string, op: Op, fallback: Fallback<SimdBackend>): SimdKernel<unknown> {
  return {
    name,
    run({ a, b }, backend) {
      if (!covered(a, b)) return fallback({ a, b }, backend);
      const shape = a.shape.length >= b.shape.length ? a.shape : b.shape;
      const out = backend.output(shape);
      const n = size(out);
      const scalar = (side: TensorInfo) => Number(size(side) === 1 && n > 1);
      const words = [n, backend.address(a), backend.address(b), scalar(a), scalar(b), backend.address(out)];
      backend.dispatch(op, words);
      return out;
    },
  };
}

export const add = (fallback: Fallback<SimdBackend>) => binary('Add', Op.Add, fallback);
export const multiply = (fallback: Fallback<SimdBackend>) => binary('Multiply', Op.Multiply, fallback);

export const addN = (fallback: Fallback<SimdBackend>): SimdKernel<unknown> => ({
  name: 'AddN',
  run(inputs, backend) {
    const terms = Object.values(inputs);
    if (terms.length > 100 || !terms.every((term) => term.dtype === 'float32'))
      return fallback(inputs, backend);
    const out = backend.output(terms[0].shape);
    const words = [
      size(out),
      terms.length,
      backend.address(out),
      ...terms.map((term) => backend.address(term)),
    ];
    backend.dispatch(Op.Sum, words);
    return out;
  },
});

/** dy, slope -> their product; it has no gradient of its own. dy may be a scalar. */
export const SavedSlope: SimdKernel<unknown> = {
  name: 'SavedSlope',
  run({ dy, slope }, backend) {
    const out = backend.output(slope.shape);
    const n = size(out);
    const scalar = Number(size(dy) === 1 && n > 1);
    const words = [n, backend.address(dy), backend.address(slope), scalar, 0, backend.address(out)];
    backend.dispatch(Op.Multiply, words);
    return out;
  },
};
