/** The data layer: where images come from, in which order, and in which numbers. */

export { type VerifiedArchive, verifyArchive } from './archive/accept.js';
export { type ArchiveInfo, archiveInfo, type SplitStatistics } from './archive/info.js';
export type { ArchiveContent } from './archive/read.js';
export type { RecordMember } from './archive/records.js';
export type { ArchiveIdentity, ReadOptions } from './archive/unpack.js';
export { type Augmentation, CROP_PADDING, drawTransforms, TRANSFORM_SIZE } from './augment.js';
export { epochBatches, sequentialBatches } from './batches.js';
export { defaultCacheDir } from './cache/directory.js';
export { classNamesOf } from './class-lists.js';
export { CorruptionFiles } from './corruptions/files.js';
export {
  CORRUPTIONS,
  type CorruptionKind,
  corruptImages,
  EXTRA_CORRUPTIONS,
  MAX_SEVERITY,
} from './corruptions/kinds.js';
export {
  type Allocate,
  CLASS_COUNT,
  type Dataset,
  IMAGE_BYTES,
  IMAGE_SHAPE,
  type Split,
  type SplitPlan,
} from './dataset.js';
export { type FetchOptions, fetchOfficial } from './fetch/official.js';
export { type LoadExtras, loadDataset } from './load.js';
export type { DataEvents, DataOptions } from './options.js';
export { OUTSIDE_SETS, type OutsideSet, outsideImages } from './outside.js';
export { type OutsideImages, readOutsideFile } from './outside-files/read.js';
export { encodePng } from './pictures/png.js';
export { type ReadPicture, readPicture } from './pictures/read.js';
export { OFFICIAL_SOURCE } from './source.js';
export { planSplits, type SplitOptions } from './splits.js';
export { DEFAULT_SYNTHETIC, type SyntheticOptions, writeSyntheticArchive } from './synthetic/archive.js';
