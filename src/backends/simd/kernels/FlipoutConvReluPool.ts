import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import type { ConvAttributes } from '../geometry.js';
import { ConvReluPool } from './ConvReluPool.js';
import { FlipoutSum, type SignAttributes } from './Flipout.js';
import type { SimdKernel } from './kernel.js';

/** A convolution's pre-activations; the caller disposes of them. */
function linear(
  backend: SimdBackend,
  x: TensorInfo,
  filter: TensorInfo,
  bias: TensorInfo | undefined,
  attributes: ConvAttributes,
): TensorInfo {
  const inputs = { x, filter, ...(bias && { bias }) };
  const plain = { ...attributes, relu: false, pool: false };
  const [y, taps] = ConvReluPool.run(inputs, backend, plain) as TensorInfo[];
  backend.disposeData(taps.dataId);
  return y;
}

/**
 * x, flipped [B,H,W,C], mu, delta [K,K,C,O], biasMu?, biasDelta? [O], clock
 * -> y = pool(relu(conv(x, mu) + signs conv(flipped, delta))), taps (place in the pool window)
 */
export const FlipoutConvReluPool: SimdKernel<ConvAttributes & SignAttributes> = {
  name: 'FlipoutConvReluPool',
  run({ x, flipped, mu, delta, biasMu, biasDelta, clock }, backend, attributes) {
    const mean = linear(backend, x, mu, biasMu, attributes);
    const perturbed = linear(backend, flipped, delta, biasDelta, attributes);
    const sum = { mean, delta: perturbed, clock };
    const outputs = FlipoutSum.run(sum, backend, { ...attributes, shape: mean.shape });
    for (const { dataId } of [mean, perturbed]) backend.disposeData(dataId);
    return outputs;
  },
};
