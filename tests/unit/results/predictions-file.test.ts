import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  loadPredictions,
  type RunPredictions,
  savePredictions,
  writeSafetensors,
} from '../../../src/results/index.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'bayescnn-predictions-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
const file = () => path.join(directory, 'predictions.safetensors');

const predictions: RunPredictions = {
  indices: Int32Array.of(4, 9),
  labels: Int32Array.of(1, 0),
  probabilities: Float64Array.of(0.1, 0.9, 0.3, 0.7),
  nll: Float64Array.of(0.1, 1.2),
  expectedEntropy: Float64Array.of(0.3, 0.6),
  checkpoint: 'best',
  epoch: 3,
  samples: 10,
  split: 'test',
  dataset: 'a'.repeat(64),
};

describe('predictions.safetensors', () => {
  it('comes back bit for bit', async () => {
    await savePredictions(directory, predictions);
    expect(await loadPredictions(directory)).toEqual(predictions);
  });

  it('may be absent', async () => {
    expect(await loadPredictions(directory)).toBeNull();
  });

  it('is not believed when a byte changed', async () => {
    await savePredictions(directory, predictions);
    const bytes = readFileSync(file());
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(file(), bytes);
    await expect(loadPredictions(directory)).rejects.toMatchObject({ code: 'data' });
  });

  it.each([
    [
      'another version',
      { bayescnn_predictions: '9', facts: '{}' },
      'expected predictions of version 1, got 9',
    ],
    ['facts that are no JSON', { bayescnn_predictions: '1', facts: '{' }, 'metadata "facts" must be JSON'],
    [
      'missing facts',
      { bayescnn_predictions: '1', facts: '{"epoch":1}' },
      'must name checkpoint, epoch, samples',
    ],
  ])('names %s', async (_, metadata, message) => {
    const n = { dtype: 'I32', shape: [1], data: Int32Array.of(0) } as const;
    const column = { dtype: 'F64', shape: [1], data: Float64Array.of(0) } as const;
    const probabilities = { dtype: 'F64', shape: [1, 2], data: Float64Array.of(0.5, 0.5) } as const;
    const tensors = { indices: n, labels: n, probabilities, nll: column, expected_entropy: column };
    writeFileSync(file(), writeSafetensors(tensors, metadata));
    await expect(loadPredictions(directory)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(message),
    });
  });

  it('names a column that is missing', async () => {
    const labels = { dtype: 'I32', shape: [1], data: Int32Array.of(0) } as const;
    writeFileSync(file(), writeSafetensors({ labels }, { bayescnn_predictions: '1', facts: '{}' }));
    await expect(loadPredictions(directory)).rejects.toMatchObject({
      message: expect.stringContaining('tensor "indices" must be I32 of 1, got none'),
    });
  });
});
