import { CLASS_COUNT, IMAGE_SHAPE } from '../../data/dataset.js';
import type { ConvShape } from '../layers/shapes.js';
import type { Network } from './network.js';

/** A 3x3 convolution that keeps the size of its maps. */
function conv3(inputs: number, outputs: number, pool: boolean): ConvShape {
  return { inputs, outputs, kernel: 3, padding: 1, relu: true, pool };
}

/**
 * A small VGG in the style of Simonyan & Zisserman 2015, 550,570 weights: three blocks of two 3x3 convolutions, of 32, 64
 * and 128 channels, with a 2x2 pool behind each block, then 2048-128-10. No batch normalisation, no dropout.
 */
export const vgg: Network = {
  convs: {
    conv1: conv3(IMAGE_SHAPE.channels, 32, false),
    conv2: conv3(32, 32, true),
    conv3: conv3(32, 64, false),
    conv4: conv3(64, 64, true),
    conv5: conv3(64, 128, false),
    conv6: conv3(128, 128, true),
  },
  denses: {
    fc1: { inputs: 2048, outputs: 128, relu: true, spatial: { height: 4, width: 4, channels: 128 } },
    fc2: { inputs: 128, outputs: CLASS_COUNT },
  },
};
