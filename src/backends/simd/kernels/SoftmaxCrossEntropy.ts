import { Op } from '../opcodes.js';
import type { SimdKernel } from './kernel.js';

/** logits [B,C], labels int32 [B] -> mean NLL, probabilities [B,C], count of right rows */
export const SoftmaxCrossEntropy: SimdKernel<unknown> = {
  name: 'SoftmaxCrossEntropy',
  run({ logits, labels }, backend) {
    const [images, classes] = logits.shape;
    const loss = backend.output([]);
    const probabilities = backend.output([images, classes]);
    const correct = backend.output([]);
    const outputs = [loss, probabilities, correct];
    const inputs = [backend.address(logits), backend.address(labels)];
    const words = [images, classes, ...inputs, ...outputs.map((info) => backend.address(info))];
    backend.dispatch(Op.SoftmaxCrossEntropy, words, 4 * classes + 64);
    return outputs;
  },
};

/** dy scalar, probabilities, labels -> dLogits */
export const SoftmaxCrossEntropyGrad: SimdKernel<unknown> = {
  name: 'SoftmaxCrossEntropyGrad',
  run({ dy, probabilities, labels }, backend) {
    const [images, classes] = probabilities.shape;
    const dLogits = backend.output([images, classes]);
    const addresses = [dy, probabilities, labels, dLogits].map((info) => backend.address(info));
    backend.dispatch(Op.SoftmaxCrossEntropyGrad, [images, classes, ...addresses]);
    return dLogits;
  },
};
