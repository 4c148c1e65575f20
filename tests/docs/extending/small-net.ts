import { CLASS_COUNT, IMAGE_SHAPE } from '../../../src/data/dataset.js';
import type { Network } from '../../../src/models/networks/network.js';

/** Two convolutions and the mean of each map, 14,378 weights: conv 3-16 k5, pool, conv 16-32 k5, pool, average, 32-10. */
export const smallNet: Network = {
  convs: {
    conv1: { inputs: IMAGE_SHAPE.channels, outputs: 16, kernel: 5, relu: true, pool: true },
    conv2: { inputs: 16, outputs: 32, kernel: 5, relu: true, pool: true },
  },
  averagePool: true,
  denses: { fc: { inputs: 32, outputs: CLASS_COUNT } },
};
