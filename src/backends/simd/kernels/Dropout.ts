import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import type { SimdKernel } from './kernel.js';

interface DropoutAttributes {
  key0: number;
  key1: number;
  rate: number;
  samples: number;
  /** Rows of the output an input row. */
  repeat: number;
}

/** Bytes of the key schedule and sixteen words, as in `assembly/dropout.ts`. */
const KEY_SCRATCH = 384;

/** x [B, ...], clock -> x [B * repeat, ...] times its mask; its own gradient where nothing is repeated */
export const Dropout: SimdKernel<DropoutAttributes> = {
  name: 'Dropout',
  run({ x, clock }, backend, { key0, key1, rate, samples, repeat }) {
    const [rows, ...rest] = x.shape;
    const perImage = rest.reduce((product, length) => product * length, 1);
    const y = backend.output([rows * repeat, ...rest]);
    // As `dropThreshold` of ops/dropout.ts: an unsigned word.
    const threshold = Math.round(rate * 2 ** 32) | 0;
    const inputs = [x, clock].map((info) => backend.address(info));
    const drawn = [key0, key1, threshold, floatWord(1 / (1 - rate)), samples, repeat];
    backend.dispatch(
      Op.Dropout,
      [rows * repeat, perImage, ...inputs, ...drawn, backend.address(y)],
      KEY_SCRATCH,
    );
    return y;
  },
};
