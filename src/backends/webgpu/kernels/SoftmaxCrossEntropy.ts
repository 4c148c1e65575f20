import { defineProgram } from '../program.js';
import { EXP, LOG } from '../wgsl/math.js';
import type { GpuKernel } from './kernel.js';
import { sum } from './Sum.js';

/**
 * One row a thread: -log softmax(logits)[label], shifted by the row's maximum, and whether the first maximum is the label. NaN where a
 * logit is NaN or +inf, or a label is no class: built from the dividend's bits, as WGSL lets a compiler assume that NaN does not occur.
 */
const ROWS = defineProgram('SoftmaxCrossEntropy', {
  params: { classes: 'u32' },
  reads: { logits: 'f32', labels: 'u32' },
  writes: { losses: 'f32', hits: 'f32', probabilities: 'f32' },
  include: [
    EXP,
    LOG,
    `
fn unusable(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u && bitcast<u32>(x) != 0xff800000u; }`,
  ],
  each: `
  let row = i * p.classes;
  var best = 0u;
  var lost = false;
  for (var k = 0u; k < p.classes; k++) {
    if (logits[row + k] > logits[row + best]) { best = k; }
    lost = lost || unusable(logits[row + k]);
  }
  let highest = logits[row + best];
  var sum = 0.0;
  for (var k = 0u; k < p.classes; k++) {
    let e = exp_(logits[row + k] - highest);
    probabilities[row + k] = e;
    sum += e;
  }
  let nan = bitcast<f32>(0x7fc00000u + (best & 1u));
  for (var k = 0u; k < p.classes; k++) { probabilities[row + k] = select(probabilities[row + k] / sum, nan, lost); }
  let label = labels[i];
  let valid = label < p.classes && !lost;
  losses[i] = select(nan, log_(sum) - (logits[row + min(label, p.classes - 1u)] - highest), valid);
  hits[i] = select(0.0, 1.0, best == label);`,
});

/** logits [B,C], labels int32 [B] -> mean NLL, probabilities [B,C], count of right rows */
export const SoftmaxCrossEntropy: GpuKernel<unknown> = {
  name: 'SoftmaxCrossEntropy',
  run({ logits, labels }, backend) {
    const [images, classes] = logits.shape;
    const [loss, probabilities, correct] = [[], [images, classes], []].map((shape) => backend.output(shape));
    const [losses, hits] = [backend.allocate(4 * images), backend.allocate(4 * images)];
    backend.each(ROWS, { logits, labels, losses, hits, probabilities }, { classes }, images);
    sum(backend, { terms: losses, total: loss }, images, 1 / images);
    sum(backend, { terms: hits, total: correct }, images);
    backend.release(losses);
    backend.release(hits);
    return [loss, probabilities, correct];
  },
};

/** dLogits = dy (p - onehot) / images, NaN in the row of a label that is no class. */
const GRADIENT = defineProgram('SoftmaxCrossEntropyGrad', {
  params: { images: 'f32', classes: 'u32' },
  reads: { dy: 'f32', probabilities: 'f32', labels: 'u32' },
  writes: { dLogits: 'f32' },
  each: `
  let label = labels[i / p.classes];
  let target_ = select(0.0, 1.0, label == i % p.classes);
  let nan = bitcast<f32>(0x7fc00000u + (i & 1u));
  dLogits[i] = select(nan, dy[0] / p.images * (probabilities[i] - target_), label < p.classes);`,
});

/** dy scalar, probabilities, labels -> dLogits */
export const SoftmaxCrossEntropyGrad: GpuKernel<unknown> = {
  name: 'SoftmaxCrossEntropyGrad',
  run({ dy, probabilities, labels }, backend) {
    const [images, classes] = probabilities.shape;
    const dLogits = backend.output([images, classes]);
    const params = { images, classes };
    backend.each(GRADIENT, { dy, probabilities, labels, dLogits }, params, images * classes);
    return dLogits;
  },
};
