import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitTemperature, negativeLogLikelihood, softmax, temperedNll } from '../../src/metrics/index.js';
import { Stream, streamKey } from '../../src/rng.js';

const CLASSES = 4;

interface Case {
  logits: Float64Array[];
  labels: Uint8Array;
}

/** Logits of some images and samples, between sharp and flat, with labels of any quality. */
const cases = (samples: number): fc.Arbitrary<Case> =>
  fc
    .record({
      seed: fc.nat(1e6),
      images: fc.integer({ min: 1, max: 30 }),
      width: fc.double({ min: 0.01, max: 30, noNaN: true }),
    })
    .map(({ seed, images, width }) => {
      const stream = new Stream(streamKey(seed, 'temperature'));
      const logits = Array.from({ length: samples }, () =>
        Float64Array.from({ length: images * CLASSES }, () => Math.fround(width * stream.normal())),
      );
      return { logits, labels: Uint8Array.from({ length: images }, () => stream.below(CLASSES)) };
    });

const argmax = (values: ArrayLike<number>, from: number): number => {
  let best = 0;
  for (let k = 1; k < CLASSES; k++) if (values[from + k] > values[from + best]) best = k;
  return best;
};

describe('a fitted temperature', () => {
  it.each([1, 3])('never raises the NLL of its images, %s predictions an image', (samples) => {
    fc.assert(
      fc.property(cases(samples), ({ logits, labels }) => {
        const fit = fitTemperature(logits, labels, CLASSES);
        expect(fit.nll).toBeLessThanOrEqual(fit.nll_before);
        expect(fit.nll_before).toBe(temperedNll(logits, labels, CLASSES, 1));
        expect(fit.nll).toBe(temperedNll(logits, labels, CLASSES, fit.temperature));
        expect(fit.n).toBe(labels.length);
      }),
      { numRuns: 100 },
    );
  });

  it('is the lowest of the NLL, where a finer search finds nothing lower', () => {
    fc.assert(
      fc.property(cases(1), fc.double({ min: -2.9, max: 2.9, noNaN: true }), ({ logits, labels }, logT) => {
        const fit = fitTemperature(logits, labels, CLASSES);
        expect(fit.nll).toBeLessThanOrEqual(temperedNll(logits, labels, CLASSES, Math.exp(logT)) + 1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps the class of every image', () => {
    fc.assert(
      fc.property(cases(1), ({ logits: [logits], labels }) => {
        const { temperature } = fitTemperature([logits], labels, CLASSES);
        const scaled = softmax(
          logits.map((value) => value / temperature),
          CLASSES,
        );
        for (let image = 0; image < labels.length; image++)
          expect(argmax(scaled, image * CLASSES)).toBe(argmax(logits, image * CLASSES));
      }),
      { numRuns: 100 },
    );
  });

  it('finds the temperature that labels were drawn at', () => {
    // Labels of softmax(logits / 2.5): the likelihood is highest there, up to the noise of 20,000 draws.
    const stream = new Stream(streamKey(1, 'drawn'));
    const n = 20_000;
    const logits = Float64Array.from({ length: n * CLASSES }, () => 3 * stream.normal());
    const p = softmax(
      logits.map((value) => value / 2.5),
      CLASSES,
    );
    const labels = Uint8Array.from({ length: n }, (_, image) => {
      let left = stream.uniform();
      let k = 0;
      while (k < CLASSES - 1 && left > p[image * CLASSES + k]) left -= p[image * CLASSES + k++];
      return k;
    });
    const fit = fitTemperature([logits], labels, CLASSES);
    expect(Math.abs(fit.temperature / 2.5 - 1)).toBeLessThan(0.03);
    // The derivative of the NLL in 1 / T is zero: mean logit of the label = mean expected logit.
    const at = softmax(
      logits.map((value) => value / fit.temperature),
      CLASSES,
    );
    let slope = 0;
    for (let i = 0; i < n; i++) {
      slope += logits[i * CLASSES + labels[i]] / n;
      for (let k = 0; k < CLASSES; k++) slope -= (at[i * CLASSES + k] * logits[i * CLASSES + k]) / n;
    }
    expect(Math.abs(slope)).toBeLessThan(1e-5);
  });

  it('of T = 1 has the NLL of the metrics', () => {
    const logits = [Float64Array.of(1, 2, 3, 4), Float64Array.of(4, -2, 0, 1)];
    const expected = negativeLogLikelihood(logits, [2], CLASSES);
    expect(temperedNll(logits, [2], CLASSES, 1)).toBeCloseTo(expected, 14);
  });
});
