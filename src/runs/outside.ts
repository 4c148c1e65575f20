import { CLASS_COUNT, type OutsideSet, outsideImages, readOutsideFile } from '../data/index.js';
import { BayescnnError } from '../errors.js';
import {
  DetailedAccumulator,
  type DetailedImages,
  type OodDetection,
  oodDetection,
} from '../metrics/index.js';
import { ENTROPY_BINS, shares } from '../report/index.js';
import { drawLogits } from '../train/draw-logits.js';
import { ChangedImages, type ShiftedEvaluation } from './changed-images.js';

/** How well each score tells one set of images from the evaluated ones. */
export interface OutsideResult {
  set: string;
  n: number;
  /** Of a set from a file: where it lies, and its sha256 (null for a folder). */
  file?: string;
  sha256?: string | null;
  predictive_entropy: OodDetection;
  /** 1 - the highest mean probability. */
  max_probability: OodDetection;
  mutual_information: OodDetection;
  /** Shares of the images inside and outside in 24 equal bins of predictive entropy, from 0 to ln 10. */
  entropy_histogram: { in: number[]; out: number[] };
}

/** A set's result, and what each of its images was given. */
export interface MeasuredSet {
  result: OutsideResult;
  images: DetailedImages;
}

/** Sets every generated set against the evaluated images. @param inside what those were given */
export async function evaluateOutside(
  evaluation: ShiftedEvaluation,
  sets: readonly OutsideSet[],
  inside: DetailedImages,
): Promise<MeasuredSet[]> {
  const changed = new ChangedImages(evaluation);
  const { images } = evaluation.clean;
  const measured: MeasuredSet[] = [];
  for (const set of sets) {
    const detailed = await changed.measure((some, out) => outsideImages(set, images, some, out));
    const outside = detailed.images();
    measured.push({ result: detectionOf(set, inside, outside), images: outside });
  }
  return measured;
}

/** Sets the images of every file against the evaluated ones. @param limit the first images of each only */
export async function evaluateOutsideFiles(
  evaluation: ShiftedEvaluation,
  files: readonly string[],
  inside: DetailedImages,
  limit: number | undefined,
): Promise<MeasuredSet[]> {
  const { classifier, engine, clean, options } = evaluation;
  const allocate = engine.allocate ?? ((bytes: number) => new Uint8Array(bytes));
  const measured: MeasuredSet[] = [];
  for (const file of files) {
    const { set, sha256, images, n } = await readOutsideFile(file, {
      limit,
      allocate,
      signal: options.signal,
    });
    // They have no label among the classes; no metric that needs one is read.
    const source = { ...clean, images, labels: new Uint8Array(n) };
    const sink = new DetailedAccumulator(CLASS_COUNT);
    const indices = Int32Array.from({ length: n }, (_, i) => i);
    await drawLogits(classifier, source, { ...options, indices }, sink);
    const outside = sink.images();
    measured.push({ result: { ...detectionOf(set, inside, outside), file, sha256 }, images: outside });
  }
  return measured;
}

/** @throws BayescnnError 'usage' where two sets have one name: results could not be told apart */
export function requireDifferentNames(sets: readonly MeasuredSet[]): void {
  const names = sets.map(({ result }) => result.set);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new BayescnnError('usage', `--ood-file: sets must have different names, got two named ${twice}`, {
      hint: 'rename one of the files',
    });
}

function detectionOf(set: string, inside: DetailedImages, outside: DetailedImages): OutsideResult {
  return {
    set,
    n: outside.labels.length,
    predictive_entropy: oodDetection(inside.predictiveEntropy, outside.predictiveEntropy),
    max_probability: oodDetection(doubt(inside), doubt(outside)),
    mutual_information: oodDetection(inside.mutualInformation, outside.mutualInformation),
    entropy_histogram: {
      in: shares(inside.predictiveEntropy, ENTROPY_BINS),
      out: shares(outside.predictiveEntropy, ENTROPY_BINS),
    },
  };
}

const doubt = ({ confidences }: DetailedImages): Float64Array => confidences.map((value) => 1 - value);
