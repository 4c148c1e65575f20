import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { convReluPool, dense, softmaxCrossEntropy } from '../../src/ops/index.js';
import { enginesWithWebgpu, useEngine } from './engines.js';
import {
  absent,
  expectClose,
  expectGolden,
  expectGoldenScalar,
  goldens,
  image,
  nchw,
  plain,
} from './goldens.js';

/** A 1x1 convolution that copies its channels. */
function identityFilter(channels: number): tf.Tensor4D {
  return tf.reshape(tf.eye(channels), [1, 1, channels, channels]);
}

for (const engine of await enginesWithWebgpu()) {
  describe.skipIf(goldens === null)(`primitives equal PyTorch on ${engine}${absent}`, () => {
    beforeAll(() => useEngine(engine));
    beforeEach(() => tf.engine().startScope());
    afterEach(() => tf.engine().endScope());

    it('pooling behind an identity convolution: ties go to the first maximum', () => {
      const golden = goldens.primitives.max_pool2d_k2_s2;
      const options = { stride: 1, padding: 0, dilation: 1, relu: false, pool: true };
      const pool = (x: tf.Tensor) => convReluPool(x as tf.Tensor4D, identityFilter(3), undefined, options);
      expectClose('output', nchw(pool(image(golden.x))), golden.output.data.map(Math.fround), 0);
      const loss = (x: tf.Tensor) => tf.sum(tf.mul(pool(x), image(golden.cotangent)));
      expectClose('grad_x', nchw(tf.grad(loss)(image(golden.x))), golden.grad_x.data.map(Math.fround), 0);
    });

    it('ReLU: no gradient at and below zero', () => {
      const golden = goldens.primitives.relu;
      const relu = (x: tf.Tensor) => dense(tf.reshape(x, [6, 1]), tf.ones([1, 1]), undefined, { relu: true });
      expectGolden('output', relu(plain(golden.x)), golden.output);
      expectGolden('grad_x', tf.grad((x) => tf.sum(relu(x)))(plain(golden.x)), golden.grad_x);
    });

    it.each(['cross_entropy', 'cross_entropy_extreme'])('%s', (name) => {
      const golden = goldens.primitives[name];
      const logits = plain(golden.logits) as tf.Tensor2D;
      const labels = tf.tensor1d(golden.targets, 'int32');
      const f = (z: tf.Tensor) => softmaxCrossEntropy(z as tf.Tensor2D, labels).loss;
      const { value, grad } = tf.valueAndGrad(f)(logits);
      expectGoldenScalar('loss', value, golden.loss_mean);
      expectGolden('grad_logits', grad, golden.grad_logits);
      const { probabilities, correct } = softmaxCrossEntropy(logits, labels);
      if (golden.softmax) expectGolden('softmax', probabilities, golden.softmax);
      const rows = logits.arraySync();
      const hits = rows.filter((row, i) => row.indexOf(Math.max(...row)) === golden.targets[i]).length;
      expect(correct.dataSync()[0]).toBe(hits);
    });

    it('each row of the cross-entropy by itself', () => {
      for (const golden of [goldens.primitives.cross_entropy, goldens.primitives.cross_entropy_extreme]) {
        const rows = (plain(golden.logits) as tf.Tensor2D).arraySync();
        const each = rows.map((row, i) => {
          const labels = tf.tensor1d([golden.targets[i]], 'int32');
          return softmaxCrossEntropy(tf.tensor2d([row]), labels).loss;
        });
        expectGolden('per_sample', tf.stack(each), golden.per_sample);
      }
    });
  });
}
