import path from 'node:path';
import { NpyFile } from '../arrays/npy-file.js';
import { IMAGE_BYTES, IMAGE_SHAPE } from '../dataset.js';
import { dataError } from '../fail.js';
import { toPlanar } from '../interleaved.js';
import { type CorruptionKind, MAX_SEVERITY } from './kinds.js';

const { height, width, channels } = IMAGE_SHAPE;

/**
 * A folder of CIFAR-10-C: `<kind>.npy`, uint8 [5 n, 32, 32, 3], the n test images at severity 1, then at 2, ... 5, and
 * `labels.npy` [5 n] (or [n]). Images are read when they are wanted.
 */
export class CorruptionFiles {
  private constructor(
    private readonly files: ReadonlyMap<CorruptionKind, NpyFile>,
    private readonly images: number,
  ) {}

  /**
   * Opens the files of `kinds` and checks their shapes, and their labels against the test images'.
   * @param labels [n] of all test images
   * @throws BayescnnError 'data' when one is missing, damaged, of another shape or of other images
   */
  static async open(
    folder: string,
    kinds: readonly CorruptionKind[],
    labels: Uint8Array,
  ): Promise<CorruptionFiles> {
    await checkLabels(path.join(folder, 'labels.npy'), labels);
    const files = new Map<CorruptionKind, NpyFile>();
    const opened = new CorruptionFiles(files, labels.length);
    try {
      for (const kind of kinds) {
        const file = await NpyFile.open(path.join(folder, `${kind}.npy`));
        files.set(kind, file);
        checkShape(file, labels.length);
      }
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /**
   * Reads test images of a kind and a severity of 1 to 5.
   * @param indices [m] of test images
   * @param out [m * 3072] planar bytes
   */
  async read(kind: CorruptionKind, severity: number, indices: Int32Array, out: Uint8Array): Promise<void> {
    const file = this.files.get(kind) as NpyFile;
    const block = (severity - 1) * this.images;
    for (let i = 0; i < indices.length; ) {
      let end = i + 1;
      while (end < indices.length && indices[end] === indices[end - 1] + 1) end++;
      const pixels = new Uint8Array((end - i) * IMAGE_BYTES);
      await file.bytes((block + indices[i]) * IMAGE_BYTES, pixels);
      toPlanar(pixels, out.subarray(i * IMAGE_BYTES));
      i = end;
    }
  }

  async close(): Promise<void> {
    for (const file of this.files.values()) await file.close();
  }
}

function checkShape({ file, descr, shape }: NpyFile, images: number): void {
  const wanted = [MAX_SEVERITY * images, height, width, channels];
  if (descr === '|u1' && shape.join() === wanted.join()) return;
  throw dataError(
    `corruptions: ${file} must be uint8 [${wanted.join(', ')}], ${MAX_SEVERITY} severities of the ${images} test images, got ${descr} [${shape.join(', ')}]`,
    'CIFAR-10-C goes with all 10,000 test images of CIFAR-10',
  );
}

async function checkLabels(file: string, labels: Uint8Array): Promise<void> {
  const opened = await NpyFile.open(file);
  try {
    const n = labels.length;
    const { shape } = opened;
    if (shape.length !== 1 || (shape[0] !== n && shape[0] !== MAX_SEVERITY * n))
      throw dataError(
        `corruptions: ${file} must have ${n} or ${MAX_SEVERITY * n} labels, got shape (${shape.join(', ')})`,
        'CIFAR-10-C goes with all 10,000 test images of CIFAR-10',
      );
    const found = await opened.numbers();
    const wrong = found.findIndex((label, i) => label !== labels[i % n]);
    if (wrong >= 0)
      throw dataError(
        `corruptions: ${file} must have the labels of the test images, got ${found[wrong]} for image ${wrong % n} in place of ${labels[wrong % n]}`,
        'the files were made from other images, or from the same in another order',
      );
  } finally {
    await opened.close();
  }
}
