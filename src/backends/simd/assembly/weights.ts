import { constant } from './constants';
import { address, arg, shareStart, storeLanes } from './common';
import { exp4 } from './math';
import { KEY_BYTES, normals16, prepareKeys } from './noise';
import { softplus } from './variational';

/** Normals of one block of noise. */
const GROUP = 16;

/** Where a draw for weights is made: behind the key schedule. */
// @ts-ignore: decorator
@inline
export function noiseBlock(scratch: usize): usize {
  return scratch + KEY_BYTES;
}

/**
 * The 16 normals of a group of weights: given ones, or drawn at [step, sample] of the clock. One draw serves all images
 * (`image` < 0), or it is that of the clock's first image + `image`.
 */
// @ts-ignore: decorator
@inline
export function weightNoise(scratch: usize, clock: usize, epsilon: usize, image: i32, group: i32): usize {
  if (epsilon) return epsilon + (<usize>group << 6);
  const at = image < 0 ? 0 : load<i32>(clock, 8) + image;
  const to = noiseBlock(scratch);
  normals16(to, scratch, group, at, load<i32>(clock), load<i32>(clock, 4));
  return to;
}

/** d softplus(rho) / d rho. @param e e^-|rho| */
// @ts-ignore: decorator
@inline
export function sigmoid(rho: v128, e: v128): v128 {
  const inverse = f32x4.div(constant(43 /* 1 */), f32x4.add(constant(43 /* 1 */), e));
  return v128.bitselect(inverse, f32x4.mul(e, inverse), f32x4.ge(rho, constant(44 /* 0 */)));
}

/**
 * Op.SampleWeights: n, mu (0: none), rho, clock, epsilon (0: draw), key0, key1, image (-1: all), w, slope.
 * w = mu + softplus(rho) eps; slope = dw / drho = eps sigmoid(rho). Blundell et al. 2015, section 3.2.
 */
export function sampleWeights(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const n = arg(args, 0);
  const means = address(args, 1);
  const rhos = address(args, 2);
  const clock = address(args, 3);
  const given = address(args, 4);
  const image = arg(args, 7);
  const weights = address(args, 8);
  const slopes = address(args, 9);
  prepareKeys(scratch, arg(args, 5), arg(args, 6));
  const groups = (n + GROUP - 1) / GROUP;
  const last = shareStart(groups, tid + 1, threads);
  for (let group = shareStart(groups, tid, threads); group < last; group++) {
    let noise = weightNoise(scratch, clock, given, image, group);
    const end = min<i32>(n, (group + 1) * GROUP);
    for (let i = group * GROUP; i < end; i += 4, noise += 16) {
      const at = <usize>i << 2;
      const rho = v128.load(rhos + at);
      const epsilon = v128.load(noise);
      const e = exp4(f32x4.neg(f32x4.abs(rho)));
      let w = f32x4.mul(softplus(rho, e), epsilon);
      if (means) w = f32x4.add(v128.load(means + at), w);
      storeLanes(weights + at, w, end - i);
      storeLanes(slopes + at, f32x4.mul(epsilon, sigmoid(rho, e)), end - i);
    }
  }
}
