import { philox4x32, type StreamKey } from '../rng.js';

/** What may be done to a training image: a crop from its padded self, a mirror image. */
export type Augmentation = 'crop' | 'flip';

/** Black pixels around an image from which `crop` cuts 32 x 32: the usual choice for CIFAR (He et al. 2016, sec. 4.2). */
export const CROP_PADDING = 4;
/** Numbers that describe what is done to an image: down, right, flip. */
export const TRANSFORM_SIZE = 3;

const PLACES = 2 * CROP_PADDING + 1;

/** Uniform on -CROP_PADDING ... CROP_PADDING; the bias of scaling a 32-bit word is below 2^-28. */
function offsetOf(word: number): number {
  return Math.floor((word / 2 ** 32) * PLACES) - CROP_PADDING;
}

/**
 * How each image of a batch is seen in an epoch: int32 [3 B], for each image the window's move down and right in pixels
 * (each -4 to 4: torchvision's RandomCrop(32, padding=4)) and whether it is mirrored left to right (0 or 1, as
 * RandomHorizontalFlip). What is not asked for is 0. An image's numbers depend on (key, epoch, image) alone: not on its
 * batch, its place there, or on what else is asked for.
 */
export function drawTransforms(
  images: Int32Array,
  augmentations: readonly Augmentation[],
  key: StreamKey,
  epoch: number,
): Int32Array {
  const crops = augmentations.includes('crop');
  const flips = augmentations.includes('flip');
  const transforms = new Int32Array(TRANSFORM_SIZE * images.length);
  for (const [i, image] of images.entries()) {
    const [down, right, side] = philox4x32([image, 0, epoch, 0], key);
    const at = TRANSFORM_SIZE * i;
    if (crops) transforms.set([offsetOf(down), offsetOf(right)], at);
    if (flips) transforms[at + 2] = side >>> 31;
  }
  return transforms;
}
