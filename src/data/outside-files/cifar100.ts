import { BayescnnError } from '../../errors.js';
import type { TarEntry, TarVisitor } from '../archive/tar-walk.js';
import { unpackArchive } from '../archive/unpack.js';
import { IMAGE_BYTES } from '../dataset.js';
import { dataError, quote } from '../fail.js';
import { ARCHIVE_HINT } from '../source.js';
import { imagesToRead, type OutsideRequest } from './request.js';

const TEST = 'cifar-100-binary/test.bin';
/** How many values the coarse and the fine label have, which precede the pixels. */
const LABELS = [20, 100] as const;
const RECORD_BYTES = LABELS.length + IMAGE_BYTES;
const HINT = 'the file is damaged, or not CIFAR-100: fetch it again';
/** All 60,000 records twice over. */
const MAX_UNPACKED_BYTES = 120_000 * RECORD_BYTES;

/**
 * Reads the test images of CIFAR-100's binary archive (https://www.cs.toronto.edu/~kriz/cifar.html).
 * @returns [n * 3072] planar bytes
 */
export async function readCifar100(file: string, request: OutsideRequest): Promise<Uint8Array> {
  const reader = new TestMember(file, request);
  try {
    await unpackArchive(file, reader, MAX_UNPACKED_BYTES, request.signal ? { signal: request.signal } : {});
  } catch (error) {
    if (!(error instanceof BayescnnError) || error.hint !== ARCHIVE_HINT) throw error;
    throw dataError(error.message, HINT, error);
  }
  if (reader.images) return reader.images;
  throw dataError(
    `out of distribution: ${file} must have a member ${TEST}, got none`,
    'use the binary version of CIFAR-100 (cifar-100-binary.tar.gz)',
  );
}

/** Keeps the pixels of the test member; the others are passed over. */
class TestMember implements TarVisitor {
  images: Uint8Array | undefined;
  private position = 0;

  constructor(
    private readonly file: string,
    private readonly request: OutsideRequest,
  ) {}

  header({ path, size, offset }: TarEntry): boolean {
    if (path.replace(/^(\.\/+)+/, '') !== TEST) return false;
    const where = `archive: member ${quote(path)} at byte ${offset}`;
    if (this.images) throw dataError(`${where} must occur once, got a second one`, HINT);
    if (size % RECORD_BYTES !== 0)
      throw dataError(`${where} must be whole records of ${RECORD_BYTES} bytes, got ${size} bytes`, HINT);
    const count = imagesToRead(this.file, size / RECORD_BYTES, this.request);
    this.images = this.request.allocate(count * IMAGE_BYTES);
    return true;
  }

  content(_entry: TarEntry, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const [record, within] = [Math.floor(this.position / RECORD_BYTES), this.position % RECORD_BYTES];
      const inLabels = within < LABELS.length;
      const end = Math.min(bytes.length, at + (inLabels ? 1 : RECORD_BYTES - within));
      if (inLabels) this.checkLabel(bytes[at], within);
      else this.keep(bytes.subarray(at, end), record * IMAGE_BYTES + within - LABELS.length);
      this.position += end - at;
      at = end;
    }
  }

  end(): void {}

  private keep(pixels: Uint8Array, at: number): void {
    const images = this.images as Uint8Array;
    if (at < images.length) images.set(pixels, at);
  }

  private checkLabel(label: number, which: number): void {
    if (label < LABELS[which]) return;
    throw dataError(
      `archive: label at byte ${this.position} of ${TEST} must be 0 to ${LABELS[which] - 1}, got ${label}`,
      HINT,
    );
  }
}
