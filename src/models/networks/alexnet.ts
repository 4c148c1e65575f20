import { CLASS_COUNT, IMAGE_SHAPE } from '../../data/dataset.js';
import type { Network } from './network.js';

/**
 * AlexNet of PyTorch-BayesianCNN (`models/BayesianModels/BayesianAlexNet.py`), 2,175,946 weights: conv 3-64 k11 stride 4,
 * pool, conv 64-192 k5, pool, conv 192-384-256-128 k3, pool, then 128-10. Its names, shapes and pools.
 */
export const alexnet: Network = {
  convs: {
    conv1: {
      inputs: IMAGE_SHAPE.channels,
      outputs: 64,
      kernel: 11,
      stride: 4,
      padding: 5,
      relu: true,
      pool: true,
    },
    conv2: { inputs: 64, outputs: 192, kernel: 5, padding: 2, relu: true, pool: true },
    conv3: { inputs: 192, outputs: 384, kernel: 3, padding: 1, relu: true },
    conv4: { inputs: 384, outputs: 256, kernel: 3, padding: 1, relu: true },
    conv5: { inputs: 256, outputs: 128, kernel: 3, padding: 1, relu: true, pool: true },
  },
  denses: {
    classifier: { inputs: 128, outputs: CLASS_COUNT, spatial: { height: 1, width: 1, channels: 128 } },
  },
};
