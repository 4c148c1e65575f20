import { CLASS_COUNT, IMAGE_SHAPE } from '../../data/dataset.js';
import type { ConvBlock, Network } from './network.js';

/** A 3x3 convolution without biases: the batch normalisation behind it has its own. */
function conv3(inputs: number, outputs: number, stride: number, norm: ConvBlock['norm']): ConvBlock {
  return { inputs, outputs, kernel: 3, padding: 1, stride, bias: false, ...(norm && { norm }) };
}

/** Three blocks of two convolutions, named as torchvision does; the first block may halve the maps. */
function stage(name: string, inputs: number, outputs: number): Record<string, ConvBlock> {
  const blocks = [0, 1, 2].flatMap((i): [string, ConvBlock][] => {
    const first = i === 0 ? inputs : outputs;
    const [conv1, conv2] = [`${name}.${i}.conv1`, `${name}.${i}.conv2`];
    return [
      [conv1, conv3(first, outputs, outputs / first, { name: `${name}.${i}.bn1` })],
      [conv2, conv3(outputs, outputs, 1, { name: `${name}.${i}.bn2`, shortcut: conv1 })],
    ];
  });
  return Object.fromEntries(blocks);
}

/**
 * ResNet-20 for CIFAR-10 of He et al. 2016 (Deep Residual Learning for Image Recognition), section 4.2, 269,722 weights: conv
 * 3-16 k3, three stages of three basic blocks with 16, 32 and 64 channels, stride 2 between stages, shortcuts without
 * parameters (option A: every second cell, zero channels on both sides), global average pool, 64-10.
 */
export const resnet20: Network = {
  convs: {
    conv1: conv3(IMAGE_SHAPE.channels, 16, 1, { name: 'bn1' }),
    ...stage('layer1', 16, 16),
    ...stage('layer2', 16, 32),
    ...stage('layer3', 32, 64),
  },
  averagePool: true,
  denses: { fc: { inputs: 64, outputs: CLASS_COUNT } },
};
