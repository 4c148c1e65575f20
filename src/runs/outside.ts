import { type OutsideSet, outsideImages } from '../data/index.js';
import { type DetailedImages, type OodDetection, oodDetection } from '../metrics/index.js';
import { ENTROPY_BINS, shares } from '../report/index.js';
import { ChangedImages, type ShiftedEvaluation } from './changed-images.js';

/** How well each score tells one set of images from the evaluated ones. */
export interface OutsideResult {
  set: string;
  n: number;
  predictive_entropy: OodDetection;
  /** 1 - the highest mean probability. */
  max_probability: OodDetection;
  mutual_information: OodDetection;
  /** Shares of the images inside and outside in 24 equal bins of predictive entropy, from 0 to ln 10. */
  entropy_histogram: { in: number[]; out: number[] };
}

/** Sets every generated set against the evaluated images. @param inside what those were given */
export async function evaluateOutside(
  evaluation: ShiftedEvaluation,
  sets: readonly OutsideSet[],
  inside: DetailedImages,
): Promise<OutsideResult[]> {
  const changed = new ChangedImages(evaluation);
  const { images } = evaluation.clean;
  const results: OutsideResult[] = [];
  for (const set of sets) {
    const measured = await changed.measure((some, out) => outsideImages(set, images, some, out));
    results.push(detectionOf(set, inside, measured.images()));
  }
  return results;
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
