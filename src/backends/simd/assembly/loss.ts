import { address, arg, storeLanes } from './common';
import { exp4, log4 } from './math';

/**
 * Op.SoftmaxCrossEntropy: images, classes, logits, labels, loss, probabilities, correct.
 * Mean of -log softmax(logits)[label], shifted by the row's maximum; sums in row order, so one thread does it.
 * NaN where a logit is NaN or +inf, or a label is no class.
 */
export function softmaxCrossEntropy(args: usize, tid: i32, threads: i32, scratch: usize): void {
  if (tid != threads - 1) return;
  const images = arg(args, 0);
  const classes = arg(args, 1);
  const row = (<usize>classes) << 2;
  let logits = address(args, 2);
  let probabilities = address(args, 5);
  let total: f64 = 0;
  let correct = 0;
  for (let b = 0; b < images; b++) {
    const label = load<i32>(address(args, 3) + ((<usize>b) << 2));
    let best = 0;
    let highest = load<f32>(logits);
    for (let k = 1; k < classes; k++) {
      const z = load<f32>(logits + ((<usize>k) << 2));
      // exp4 makes 0 of NaN: as the maximum it makes the whole row NaN.
      if (z > highest || z != z) {
        highest = z;
        best = k;
      }
    }
    correct += i32(best == label);
    const shift = f32x4.splat(highest);
    let sum: f32 = 0;
    for (let k = 0; k < classes; k += 4) {
      const at = (<usize>k) << 2;
      const e = exp4(f32x4.sub(v128.load(logits + at), shift));
      storeLanes(scratch + at, e, classes - k);
      const left = classes - k;
      sum += f32x4.extract_lane(e, 0);
      if (left > 1) sum += f32x4.extract_lane(e, 1);
      if (left > 2) sum += f32x4.extract_lane(e, 2);
      if (left > 3) sum += f32x4.extract_lane(e, 3);
    }
    const inverse = f32x4.splat(1 / sum);
    for (let k = 0; k < classes; k += 4) {
      const at = (<usize>k) << 2;
      storeLanes(probabilities + at, f32x4.mul(v128.load(scratch + at), inverse), classes - k);
    }
    // A label outside the row has no likelihood; what lies there is another row's, or no logit at all.
    const z = isClass(label, classes) ? load<f32>(logits + ((<usize>label) << 2)) : f32.NaN;
    total += <f64>(f32x4.extract_lane(log4(f32x4.splat(sum)), 0) - (z - highest));
    logits += row;
    probabilities += row;
  }
  store<f32>(address(args, 4), <f32>(total / <f64>images));
  store<f32>(address(args, 6), <f32>correct);
}

// @ts-ignore: decorator
@inline
function isClass(label: i32, classes: i32): bool {
  return <u32>label < <u32>classes;
}

/** Op.SoftmaxCrossEntropyGrad: images, classes, dy, probabilities, labels, dLogits = dy (p - onehot) / images. */
export function softmaxCrossEntropyGrad(args: usize, tid: i32, threads: i32, scratch: usize): void {
  if (tid != threads - 1) return;
  const images = arg(args, 0);
  const classes = arg(args, 1);
  const scale = load<f32>(address(args, 2)) / <f32>images;
  const size = images * classes;
  const factor = f32x4.splat(scale);
  const to = address(args, 5);
  for (let i = 0; i < size; i += 4) {
    const at = (<usize>i) << 2;
    storeLanes(to + at, f32x4.mul(v128.load(address(args, 3) + at), factor), size - i);
  }
  for (let b = 0; b < images; b++) {
    const label = load<i32>(address(args, 4) + ((<usize>b) << 2));
    const valid = isClass(label, classes);
    const at = (<usize>(b * classes + (valid ? label : 0))) << 2;
    store<f32>(to + at, valid ? load<f32>(to + at) - scale : f32.NaN);
  }
}
