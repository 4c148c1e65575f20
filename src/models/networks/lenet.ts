import { CLASS_COUNT, IMAGE_SHAPE } from '../../data/dataset.js';
import type { Network } from './network.js';

/**
 * The LeNet-style network of PyTorch's CIFAR-10 tutorial, 62,006 weights: conv 3-6 k5, pool 2, conv 6-16 k5, pool 2,
 * then 400-120-84-10.
 */
export const lenet: Network = {
  convs: {
    conv1: { inputs: IMAGE_SHAPE.channels, outputs: 6, kernel: 5, relu: true, pool: true },
    conv2: { inputs: 6, outputs: 16, kernel: 5, relu: true, pool: true },
  },
  denses: {
    fc1: { inputs: 400, outputs: 120, relu: true, spatial: { height: 5, width: 5, channels: 16 } },
    fc2: { inputs: 120, outputs: 84, relu: true },
    fc3: { inputs: 84, outputs: CLASS_COUNT },
  },
};
