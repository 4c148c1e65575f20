import { CLASS_COUNT, IMAGE_BYTES } from './dataset.js';

/** One label byte and 3,072 pixel bytes. */
export const RECORD_BYTES = 1 + IMAGE_BYTES;
/** Records in each official member, and the most that any archive's member may hold. */
export const MAX_RECORDS = 10_000;
export const MAX_LABEL = CLASS_COUNT - 1;

/** The folder that all seven members lie in. */
export const ARCHIVE_FOLDER = 'cifar-10-batches-bin';
export const CLASS_NAMES_MEMBER = 'batches.meta.txt';
/** Members that make the training split, in archive order. */
export const TRAIN_MEMBERS = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`) as readonly string[];
export const TEST_MEMBER = 'test_batch.bin';

/** What to do about an archive that is not as it must be. */
export const ARCHIVE_HINT =
  'this is no CIFAR-10 binary archive, or a damaged one: fetch it again with `bayescnn data fetch`';

/** A file on the web with the identity that it must have. */
export interface ArchiveSource {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  readonly md5: string;
}

/** CIFAR-10, binary version: https://www.cs.toronto.edu/~kriz/cifar.html */
export const OFFICIAL_SOURCE: ArchiveSource = {
  name: 'cifar-10-binary.tar.gz',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
};
