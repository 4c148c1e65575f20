/** Training's steps never have the top bit of the clock's step set. */
const EVALUATION = 0x80000000;

/**
 * Images that share their noise: consecutive ones, as many as the clock's last word makes of it (`Clock` of ops/noise.ts).
 * A draw of weights is one for all images; this is one for a few, at an eighth of the noise.
 */
export const SHARED_IMAGES = 8;
const SHARED_BITS = Math.log2(SHARED_IMAGES);

/**
 * Where the noise of the evaluation after an epoch stands: where training's never does.
 * @param first number of the batch's first image among all
 * @returns int32 [4] = [step, sample, first image, shared bits], as `Clock` of ops/noise.ts
 */
export function evaluationClock(epoch: number, sample: number, first: number): Int32Array {
  return Int32Array.of(EVALUATION + epoch, sample, first, SHARED_BITS);
}
