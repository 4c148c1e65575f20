import { type Numbers, sampleRows } from './check.js';
import { Predictive } from './predictive.js';

/** The decomposition of predictive uncertainty, [images] each, in nats. */
export interface Uncertainty {
  /** Total: the entropy of the averaged distribution. */
  readonly predictive: Float64Array;
  /** Aleatoric: the mean of each sample's entropy. */
  readonly expected: Float64Array;
  /** Epistemic: predictive - expected. */
  readonly mutualInformation: Float64Array;
}

/**
 * Splits each image's predictive entropy (Depeweg et al. 2018).
 * @param logits [samples] of flat [images * classes]
 */
export function uncertainty(logits: readonly Numbers[], classes: number): Uncertainty {
  const images = sampleRows('uncertainty', logits, classes);
  const row = new Predictive(classes, logits.length);
  const predictive = new Float64Array(images);
  const expected = new Float64Array(images);
  const mutualInformation = new Float64Array(images);
  for (let image = 0; image < images; image++) {
    row.read(logits, image);
    predictive[image] = row.predictiveEntropy;
    expected[image] = row.expectedEntropy;
    mutualInformation[image] = row.mutualInformation;
  }
  return { predictive, expected, mutualInformation };
}
