import { encodePng, IMAGE_BYTES, type Split } from '../data/index.js';
import { type ImagePick, type ImageScores, imageScores, type ReportImage } from '../report/index.js';
import type { RunPredictions } from '../results/index.js';

/** Images of each kind. */
const SHOWN = 6;

/** What ranks the images of a kind, highest first; undefined: not of that kind. */
const RANKS: Record<ImagePick, (scores: ImageScores, i: number) => number | undefined> = {
  'certain-right': ({ correct, confidences }, i) => (correct[i] === 1 ? confidences[i] : undefined),
  'certain-wrong': ({ correct, confidences }, i) => (correct[i] === 0 ? confidences[i] : undefined),
  uncertain: ({ predictiveEntropy }, i) => predictiveEntropy[i],
  informative: ({ mutualInformation }, i) => (mutualInformation[i] > 1e-9 ? mutualInformation[i] : undefined),
};

/**
 * The test images that a run is surest and least sure of; of equals the earlier.
 * @param test the archive's test part
 */
export function pickImages(
  predicted: RunPredictions,
  test: Split,
  classNames: readonly string[],
): ReportImage[] {
  const scores = imageScores(predicted);
  const picks = Object.entries(RANKS) as [ImagePick, (typeof RANKS)[ImagePick]][];
  return picks.flatMap(([pick, rank]) => {
    const ranked = Array.from(scores.nll, (_, i) => ({ i, value: rank(scores, i) }))
      .filter((each): each is { i: number; value: number } => each.value !== undefined)
      .sort((a, b) => b.value - a.value || a.i - b.i);
    return ranked.slice(0, SHOWN).map(({ i }) => imageOf(pick, i, scores, predicted, test, classNames));
  });
}

function imageOf(
  pick: ImagePick,
  i: number,
  scores: ImageScores,
  { indices, labels, probabilities }: RunPredictions,
  { images }: Split,
  names: readonly string[],
): ReportImage {
  const row = probabilities.subarray(i * names.length, (i + 1) * names.length);
  const at = indices[i] * IMAGE_BYTES;
  return {
    pick,
    index: indices[i],
    label: names[labels[i]],
    prediction: names[row.indexOf(Math.max(...row))],
    confidence: scores.confidences[i],
    predictive_entropy: scores.predictiveEntropy[i],
    mutual_information: scores.mutualInformation[i],
    png: encodePng(images.subarray(at, at + IMAGE_BYTES)).toString('base64'),
  };
}
