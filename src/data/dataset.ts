/** Bytes of one CIFAR image: red, green and blue planes of 32 x 32, row-major. */
export const IMAGE_BYTES = 3072;
export const IMAGE_SHAPE = { height: 32, width: 32, channels: 3 } as const;
export const CLASS_COUNT = 10;

/** Images and labels of one split, in archive order. */
export interface Split {
  /** [n * 3072] pixels, planar as in the archive. */
  readonly images: Uint8Array;
  /** [n] class indices. */
  readonly labels: Uint8Array;
}

/** A decoded ten-class archive. */
export interface Dataset {
  readonly train: Split;
  readonly test: Split;
  readonly classNames: readonly string[];
  /** sha256 of the archive it was decoded from, hex. */
  readonly sha256: string;
  /** What was read, for the results: a file, a URL or `synthetic`. */
  readonly origin: string;
}

/** Gives the memory for a split's bytes; engines pass their own so that nothing is copied. */
export type Allocate = (bytes: number) => Uint8Array;

/** Image indices (into `dataset.train` or `dataset.test`) that a run uses. */
export interface SplitPlan {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}
