import { BayescnnError } from '../errors.js';

/** A square matrix in rows; of symmetric ones and of factors only the lower triangle is read. */
export interface Square {
  readonly size: number;
  readonly data: Float64Array;
}

/**
 * The lower factor L of matrix + shift I = L L^T.
 * @throws BayescnnError 'failure' when that is not positive definite
 */
export function cholesky({ size, data }: Square, shift = 0): Square {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let sum = data[row + j];
      if (i === j) sum += shift;
      for (let k = 0; k < j; k++) sum -= factor[row + k] * factor[other + k];
      if (i !== j) factor[row + j] = sum / factor[other + j];
      else if (sum > 0) factor[row + i] = Math.sqrt(sum);
      else
        throw new BayescnnError('failure', `cholesky: pivot ${i} must be above 0, got ${sum}`, {
          hint: 'add more to the diagonal: a larger prior precision',
        });
    }
  }
  return { size, data: factor };
}

/** log det of L L^T. */
export function logDeterminant({ size, data }: Square): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += Math.log(data[i * size + i]);
  return 2 * sum;
}

/** Solves L^T x = b in place: of a standard normal b, x is a draw of N(0, (L L^T)^-1). */
export function solveTransposed(
  { size, data }: { size: number; data: ArrayLike<number> },
  b: Float64Array,
): void {
  for (let i = size - 1; i >= 0; i--) {
    b[i] /= data[i * size + i];
    for (let j = 0; j < i; j++) b[j] -= data[i * size + j] * b[i];
  }
}
