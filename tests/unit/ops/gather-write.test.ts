import { beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, tf } from '../../../src/backends/tfjs.js';
import { gatherImages, gatherLabels, writeTensor } from '../../../src/ops/index.js';

beforeAll(async () => {
  await loadTfjs();
  await tf.setBackend('cpu');
});

const images = Uint8Array.from({ length: 3 * 3072 }, (_, i) => (i * 7 + (i >> 8)) % 256);
const source = { images, mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2] } as const;

describe('gathering a batch', () => {
  it('takes the images by index and normalises each channel', () => {
    const y = gatherImages(tf.tensor1d([2, 0], 'int32'), source).arraySync();
    [2, 0].forEach((image, b) => {
      for (const [row, column] of [
        [0, 0],
        [5, 31],
        [31, 2],
      ]) {
        for (let c = 0; c < 3; c++) {
          const byte = images[image * 3072 + c * 1024 + row * 32 + column];
          expect(y[b][row][column][c]).toBeCloseTo((byte / 255 - source.mean[c]) / source.std[c], 5);
        }
      }
    });
  });

  it('equals ToTensor and Normalize(0.5, 0.5) to the last bit', () => {
    const y = gatherImages(tf.tensor1d([0], 'int32'), {
      images,
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
    });
    const wanted = Math.fround((Math.fround(images[0] / 255) - 0.5) / 0.5);
    expect(y.dataSync()[0]).toBe(wanted);
  });

  it('pads with black, crops, then flips: torchvision in that order', () => {
    const transforms = [
      [-4, 3, 0],
      [2, -1, 1],
      [0, 0, 1],
    ];
    const y = gatherImages(
      tf.tensor1d([2, 0, 1], 'int32'),
      source,
      tf.tensor1d(transforms.flat(), 'int32'),
    ).arraySync();
    const plain = gatherImages(tf.tensor1d([2, 0, 1], 'int32'), source).arraySync();
    const black = source.mean.map((mean, c) => -mean / source.std[c]);
    for (const [b, [down, right, flip]] of transforms.entries()) {
      // RandomCrop: rows and columns 4 + move onwards of the image with 4 black pixels on each side.
      const padded = Array.from({ length: 40 }, (_, row) =>
        Array.from({ length: 40 }, (_, x) => plain[b][row - 4]?.[x - 4] ?? black),
      );
      const cropped = padded.slice(4 + down, 36 + down).map((row) => row.slice(4 + right, 36 + right));
      const wanted = cropped.map((row) => (flip === 1 ? row.toReversed() : row)).flat(2);
      const got = y[b].flat(2);
      expect(got).toHaveLength(wanted.length);
      for (const [i, value] of got.entries()) expect(value).toBeCloseTo(wanted[i], 6);
    }
  });

  it('refuses transforms that do not fit', () => {
    const wrong = tf.tensor1d([0, 0], 'int32');
    expect(() => gatherImages(tf.tensor1d([0], 'int32'), source, wrong)).toThrow(
      /transforms must be int32 \[3\], got int32 \[2\]/,
    );
  });

  it('takes the labels', () => {
    const y = gatherLabels(tf.tensor1d([2, 0, 2], 'int32'), Uint8Array.of(9, 4, 7));
    expect([y.dtype, ...y.dataSync()]).toEqual(['int32', 7, 9, 7]);
  });

  it('refuses an index outside the split', () => {
    expect(() => gatherImages(tf.tensor1d([3], 'int32'), source)).toThrow(/index must be in 0..2, got 3/);
    expect(() => gatherLabels(tf.tensor1d([-1], 'int32'), Uint8Array.of(1))).toThrow(
      /index must be in 0..0, got -1/,
    );
  });
});

describe('writeTensor', () => {
  it('gives a variable new content, and keeps no hold on the array', () => {
    const variable = tf.variable(tf.tensor1d([1, 2], 'int32'), false);
    const values = Int32Array.of(5, 6);
    const before = tf.memory().numTensors;
    writeTensor(variable, values);
    values[0] = 99;
    expect([...variable.dataSync()]).toEqual([5, 6]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses another number or type of values', () => {
    const variable = tf.variable(tf.tensor1d([1, 2]), false);
    expect(() => writeTensor(variable, Float32Array.of(1))).toThrow(
      /2 values of float32 wanted, got 1 of float32/,
    );
    expect(() => writeTensor(variable, Int32Array.of(1, 2))).toThrow(/got 2 of int32/);
  });
});
