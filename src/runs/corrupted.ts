import { CORRUPTIONS, type CorruptionFiles, type CorruptionKind, corruptImages } from '../data/index.js';
import type { DetailedMetrics } from '../metrics/index.js';
import { ChangedImages, type ShiftedEvaluation } from './changed-images.js';

/** Metrics on corrupted images. */
export interface CorruptionResult extends DetailedMetrics {
  kind: CorruptionKind;
  severity: number;
}

/** Every metric's plain mean over kinds. */
export interface CorruptionMeans {
  /** How many of the benchmark's 15 kinds the means are over; extra kinds do not count. */
  kinds: number;
  /** Mean error rate over kinds and severities: the paper's mCE without its division by AlexNet's. */
  error: number;
  /** Over kinds and severities. */
  overall: DetailedMetrics;
  /** Over kinds. */
  by_severity: ({ severity: number } & DetailedMetrics)[];
}

/** Where corrupted images come from. */
export type Corrupt = (
  kind: CorruptionKind,
  severity: number,
  indices: Int32Array,
  out: Uint8Array,
) => void | Promise<void>;

/** Corrupts clean images. @param images [n * 3072] */
export const built =
  (images: Uint8Array): Corrupt =>
  (kind, severity, indices, out) =>
    corruptImages(kind, severity, images, indices, out);

/** Corrupted images from files; severity 0 are the clean ones. */
export function stored(files: CorruptionFiles, images: Uint8Array): Corrupt {
  const clean = built(images);
  return (kind, severity, indices, out) =>
    severity === 0 ? clean(kind, 0, indices, out) : files.read(kind, severity, indices, out);
}

/** Evaluates every kind at every severity. */
export async function evaluateCorruptions(
  evaluation: ShiftedEvaluation,
  corrupt: Corrupt,
  kinds: readonly CorruptionKind[],
  levels: readonly number[],
): Promise<CorruptionResult[]> {
  const changed = new ChangedImages(evaluation);
  const results: CorruptionResult[] = [];
  for (const kind of kinds)
    for (const severity of levels) {
      const measured = await changed.measure((some, out) => corrupt(kind, severity, some, out));
      results.push({ kind, severity, ...measured.finish() });
    }
  return results;
}

/** The means of results over the benchmark's kinds; undefined where none of them is there. */
export function corruptionMeans(results: readonly CorruptionResult[]): CorruptionMeans | undefined {
  const counted = results.filter(({ kind }) => CORRUPTIONS.includes(kind));
  if (counted.length === 0) return undefined;
  const overall = meanOf(counted);
  const levels = [...new Set(counted.map(({ severity }) => severity))];
  return {
    kinds: new Set(counted.map(({ kind }) => kind)).size,
    error: 1 - overall.accuracy,
    overall,
    by_severity: levels.map((severity) => ({
      severity,
      ...meanOf(counted.filter((result) => result.severity === severity)),
    })),
  };
}

function meanOf(results: readonly CorruptionResult[]): DetailedMetrics {
  const { kind: _, severity: __, ...first } = results[0];
  const names = Object.keys(first) as (keyof DetailedMetrics)[];
  const mean = (name: keyof DetailedMetrics) =>
    results.reduce((sum, result) => sum + result[name], 0) / results.length;
  return { ...first, ...Object.fromEntries(names.map((name) => [name, mean(name)])) };
}
