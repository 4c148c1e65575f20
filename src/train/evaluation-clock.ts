/** Training's steps never have the top bit of the clock's step set. */
const EVALUATION = 0x80000000;

/**
 * Where the noise of the evaluation after an epoch stands: where training's never does.
 * @param first number of the batch's first image among all
 * @returns int32 [4] = [step, sample, first image, 0], as `Clock` of ops/noise.ts
 */
export function evaluationClock(epoch: number, sample: number, first: number): Int32Array {
  return Int32Array.of(EVALUATION + epoch, sample, first, 0);
}
