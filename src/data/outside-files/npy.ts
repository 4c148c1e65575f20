import { NpyFile } from '../arrays/npy-file.js';
import { IMAGE_BYTES, IMAGE_SHAPE } from '../dataset.js';
import { checkAbort, dataError } from '../fail.js';
import { toPlanar } from '../interleaved.js';
import { imagesToRead, type OutsideRequest } from './request.js';

const { height, width, channels } = IMAGE_SHAPE;
const CHANNELS_LAST = [height, width, channels].join();
const CHANNELS_FIRST = [channels, height, width].join();
/** Images read at once. */
const CHUNK = 512;

/** Reads uint8 [n, 32, 32, 3] or [n, 3, 32, 32]. @returns [n * 3072] planar bytes */
export async function readNpyImages(file: string, request: OutsideRequest): Promise<Uint8Array> {
  const array = await NpyFile.open(file);
  try {
    const [count, ...image] = array.shape;
    const planar = image.join() === CHANNELS_FIRST;
    if (array.descr !== '|u1' || !(planar || image.join() === CHANNELS_LAST))
      throw dataError(
        `out of distribution: ${file} must be uint8 [n, 32, 32, 3] or [n, 3, 32, 32], got ${array.descr} [${array.shape.join(', ')}]`,
        'save 8-bit colour images of 32 x 32 pixels, for example array.astype("uint8")',
      );
    const images = request.allocate(imagesToRead(file, count, request) * IMAGE_BYTES);
    for (let at = 0; at < images.length; at += CHUNK * IMAGE_BYTES) {
      checkAbort(request.signal);
      const pixels = new Uint8Array(Math.min(CHUNK * IMAGE_BYTES, images.length - at));
      await array.bytes(at, pixels);
      if (planar) images.set(pixels, at);
      else toPlanar(pixels, images.subarray(at));
    }
    return images;
  } finally {
    await array.close();
  }
}
