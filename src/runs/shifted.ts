import { CorruptionFiles } from '../data/index.js';
import type { DetailedImages } from '../metrics/index.js';
import type { ShiftedEvaluation } from './changed-images.js';
import {
  built,
  type CorruptionMeans,
  type CorruptionResult,
  corruptionMeans,
  evaluateCorruptions,
  stored,
} from './corrupted.js';
import {
  evaluateOutside,
  evaluateOutsideFiles,
  type MeasuredSet,
  type OutsideResult,
  requireDifferentNames,
} from './outside.js';
import type { Shifts } from './shift-choices.js';

/** What was asked for of an evaluation's shifted images. */
export interface ShiftedResults {
  corruptions?: CorruptionResult[];
  corruption_means?: CorruptionMeans;
  ood?: OutsideResult[];
  /** Not for the report: what each image out of distribution was given. */
  measured: MeasuredSet[];
}

/** The clean evaluation's side. */
export interface CleanSide {
  images: DetailedImages;
  /** [n] of all test images. */
  testLabels: Uint8Array;
  subset: number | undefined;
}

/** Evaluates corrupted images and images out of distribution, where they were asked for. */
export async function evaluateShifts(
  evaluation: ShiftedEvaluation,
  shifts: Shifts,
  { images, testLabels, subset }: CleanSide,
): Promise<ShiftedResults> {
  const { sets, files } = shifts;
  const results: ShiftedResults = { measured: [] };
  // Files first: a wrong one ends before the long work.
  if (files.length > 0)
    results.measured.push(...(await evaluateOutsideFiles(evaluation, files, images, subset)));
  if (sets.length > 0) results.measured.unshift(...(await evaluateOutside(evaluation, sets, images)));
  requireDifferentNames(results.measured);
  if (results.measured.length > 0) results.ood = results.measured.map(({ result }) => result);
  if (shifts.kinds.length > 0) {
    results.corruptions = await corrupted(evaluation, shifts, testLabels);
    const means = corruptionMeans(results.corruptions);
    if (means) results.corruption_means = means;
  }
  return results;
}

async function corrupted(
  evaluation: ShiftedEvaluation,
  { kinds, levels, folder }: Shifts,
  testLabels: Uint8Array,
): Promise<CorruptionResult[]> {
  const { images } = evaluation.clean;
  if (folder === undefined) return evaluateCorruptions(evaluation, built(images), kinds, levels);
  const files = await CorruptionFiles.open(folder, kinds, testLabels);
  try {
    return await evaluateCorruptions(evaluation, stored(files, images), kinds, levels);
  } finally {
    await files.close();
  }
}
