/** Which data a run reads. */
export interface DataOptions {
  readonly source: 'cifar10' | 'synthetic';
  /** An archive on disk; null: the official one, downloaded once into the cache (or the generated one). */
  readonly archive: string | null;
  /** Expected sha256 of the archive, 64 hex digits; null: it must be the official archive. */
  readonly sha256: string | null;
  /** Where downloads and decoded data are kept; default `defaultCacheDir()`. */
  readonly cacheDir?: string;
}

/** What the data layer tells the outside; the command line draws it. */
export interface DataEvents {
  /** Bytes so far, and in all (null where the host does not say). */
  onDownload?(done: number, total: number | null): void;
  /** Compressed archive bytes read so far, and in all. */
  onDecode?(done: number, total: number): void;
  onNote?(message: string): void;
}
