import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { IMAGE_BYTES } from '../../../src/data/index.js';
import type { RunPredictions } from '../../../src/results/index.js';
import { pickImages } from '../../../src/runs/report-images.js';

/** Image i has a confidence of its own for class 0; every third one is of class 1 and so called wrongly. */
function made(n: number): { predicted: RunPredictions; images: Uint8Array } {
  const probabilities = new Float64Array(10 * n);
  for (let i = 0; i < n; i++) {
    const confidence = 0.5 + i / (2 * n);
    probabilities.fill((1 - confidence) / 9, 10 * i, 10 * i + 10);
    probabilities[10 * i] = confidence;
  }
  const labels = Int32Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0));
  const predicted: RunPredictions = {
    // The archive holds them the other way round.
    indices: Int32Array.from({ length: n }, (_, i) => n - 1 - i),
    labels,
    probabilities,
    nll: Float64Array.from(labels, (label, i) => -Math.log(probabilities[10 * i + label])),
    expectedEntropy: new Float64Array(n).fill(0.2),
    ...{ checkpoint: 'best', epoch: 1, samples: 2, split: 'test', dataset: 'd'.repeat(64) },
  };
  const images = Uint8Array.from(
    { length: n * IMAGE_BYTES },
    (_, i) => (i * 7 + Math.floor(i / IMAGE_BYTES)) % 256,
  );
  return { predicted, images };
}

describe('images of a report', () => {
  const { predicted, images } = made(30);
  const names = Array.from({ length: 10 }, (_, k) => `class ${k}`);
  const picked = pickImages(predicted, { images, labels: new Uint8Array(30) }, names);
  const of = (pick: string) => picked.filter((image) => image.pick === pick);

  it('are the surest right and wrong ones and the least sure, in order', () => {
    expect(of('certain-right').map(({ index }) => 29 - index)).toEqual([29, 28, 26, 25, 23, 22]);
    expect(of('certain-wrong').map(({ index }) => 29 - index)).toEqual([27, 24, 21, 18, 15, 12]);
    expect(of('uncertain').map(({ index }) => 29 - index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(of('certain-wrong')[0]).toMatchObject({ label: 'class 1', prediction: 'class 0' });
    expect(of('informative')).toHaveLength(6);
  });

  it('have the pixels of their place in the archive', () => {
    const [{ index, png }] = of('certain-right');
    const { width, height, data } = PNG.sync.read(Buffer.from(png, 'base64'));
    expect([width, height]).toEqual([32, 32]);
    const at = index * IMAGE_BYTES;
    for (const pixel of [0, 31, 1023])
      expect([...data.subarray(4 * pixel, 4 * pixel + 4)]).toEqual([
        images[at + pixel],
        images[at + 1024 + pixel],
        images[at + 2048 + pixel],
        255,
      ]);
  });

  it('are not picked by mutual information where there is none', () => {
    const plain = pickImages(
      { ...predicted, expectedEntropy: new Float64Array(30).fill(5) },
      { images, labels: new Uint8Array(30) },
      names,
    );
    expect(plain.filter(({ pick }) => pick === 'informative')).toEqual([]);
  });
});
