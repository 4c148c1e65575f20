import { CLASS_COUNT, IMAGE_SHAPE } from '../../data/dataset.js';
import type { ConvBlock, Network } from './network.js';

/**
 * 3Conv3FC of PyTorch-BayesianCNN (`models/BayesianModels/Bayesian3Conv3FC.py`), 1,782,634 weights: three 5x5
 * convolutions of 32, 64 and 128 channels, each with a pool, then 512-1000-1000-10. Every weight has the shape that it
 * has there. One deviation: pools of 2x2 with stride 2 in place of 3x3 with stride 2; conv1 has a padding of 1, not 2, so
 * that the maps are 15, 7 and 2 wide as they are there.
 */
export const threeConvThreeFc: Network = {
  convs: {
    conv1: { inputs: IMAGE_SHAPE.channels, outputs: 32, kernel: 5, padding: 1, relu: true, pool: true },
    conv2: { inputs: 32, outputs: 64, kernel: 5, padding: 2, relu: true, pool: true },
    conv3: { inputs: 64, outputs: 128, kernel: 5, padding: 1, relu: true, pool: true },
  },
  denses: {
    fc1: { inputs: 512, outputs: 1000, relu: true, spatial: { height: 2, width: 2, channels: 128 } },
    fc2: { inputs: 1000, outputs: 1000, relu: true },
    fc3: { inputs: 1000, outputs: CLASS_COUNT },
  },
};

/** One of the original's blocks: a pool of 3x3 with stride 2. */
function block(inputs: number, outputs: number, padding: number): ConvBlock {
  return { inputs, outputs, kernel: 5, padding, relu: true, overlappingPool: true };
}

/** The same with the pools and the padding of the original. */
export const threeConvThreeFcPool3: Network = {
  convs: {
    conv1: block(IMAGE_SHAPE.channels, 32, 2),
    conv2: block(32, 64, 2),
    conv3: block(64, 128, 1),
  },
  denses: threeConvThreeFc.denses,
};
