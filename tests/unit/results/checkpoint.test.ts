import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BayescnnError } from '../../../src/errors.js';
import {
  type Checkpoint,
  checkpointFile,
  decodeCheckpoint,
  encodeCheckpoint,
  loadCheckpoint,
  readSafetensors,
  saveCheckpoint,
  writeSafetensors,
} from '../../../src/results/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'bayescnn-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const checkpoint = (epoch = 3): Checkpoint => ({
  weights: {
    'conv1.weight_mu': { shape: [2, 1, 1, 1], data: Float32Array.of(0.1, -0) },
    'fc3.bias': { shape: [1], data: Float32Array.of(1e-45) },
  },
  optimizer: { 'fc3.bias.momentum': { shape: [1], data: Float32Array.of(7) } },
  counters: { epoch, step: 1200, seed: 2 ** 53 - 1 },
  meta: { bayesian: 'conv', architecture: 'lenet' },
});

describe('a checkpoint', () => {
  it('comes back as it was saved', async () => {
    const file = await saveCheckpoint(folder, 'best', checkpoint());
    expect(file).toBe(checkpointFile(folder, 'best'));
    const { path: from, sha256, ...loaded } = await loadCheckpoint(file);
    expect(from).toBe(file);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(JSON.stringify(loaded))).toEqual(
      JSON.parse(JSON.stringify({ ...checkpoint(), swag: {}, laplace: {} })),
    );
    expect(loaded.weights['conv1.weight_mu'].data).toBeInstanceOf(Float32Array);
    expect(Object.is(loaded.weights['conv1.weight_mu'].data[1], -0)).toBe(true);
    expect(loaded.weights['fc3.bias'].data[0]).toBe(checkpoint().weights['fc3.bias'].data[0]);
  });

  it('has the same bytes for the same input, in any key order', () => {
    const { weights, meta, counters, optimizer } = checkpoint();
    const reversed = {
      optimizer,
      counters: Object.fromEntries(Object.entries(counters).reverse()),
      meta: Object.fromEntries(Object.entries(meta as object).reverse()),
      weights: Object.fromEntries(Object.entries(weights).reverse()),
    };
    expect(encodeCheckpoint(reversed)).toEqual(encodeCheckpoint(checkpoint()));
    expect(encodeCheckpoint(checkpoint(4))).not.toEqual(encodeCheckpoint(checkpoint()));
  });

  it('keeps optimizer state under its own prefix', () => {
    const { tensors } = readSafetensors(encodeCheckpoint(checkpoint()), 'x');
    expect(Object.keys(tensors).sort()).toEqual([
      'conv1.weight_mu',
      'fc3.bias',
      'optimizer.fc3.bias.momentum',
    ]);
  });

  it('replaces the older one and leaves no temporary file', async () => {
    await saveCheckpoint(folder, 'last', checkpoint(1));
    await saveCheckpoint(folder, 'last', checkpoint(2));
    expect((await loadCheckpoint(checkpointFile(folder, 'last'))).counters.epoch).toBe(2);
    expect((await readdir(path.join(folder, 'checkpoints'))).sort()).toEqual([
      'best.safetensors',
      'last.safetensors',
    ]);
  });

  it.each([
    [{ counters: { epoch: Number.NaN } }, 'finite number, got NaN'],
    [
      { weights: { w: { shape: [2], data: Float32Array.of(1, Number.NEGATIVE_INFINITY) } } },
      'weight "w" must hold finite numbers, got -Infinity at element 1',
    ],
    [
      { weights: { 'optimizer.w': { shape: [0], data: new Float32Array() } } },
      'must not start with "optimizer."',
    ],
  ])('refuses %j', (change, message) => {
    expect(() => encodeCheckpoint({ ...checkpoint(), ...change })).toThrow(message);
  });
});

describe('loading', () => {
  const failing = async (file: string): Promise<BayescnnError> => {
    const error = await loadCheckpoint(file).then(
      () => new Error('loaded'),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(BayescnnError);
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain(file);
    return error;
  };

  it('names a file that is absent, cut short or changed', async () => {
    const file = await saveCheckpoint(folder, 'best', checkpoint());
    const bytes = await readFile(file);
    expect((await failing(path.join(folder, 'none.safetensors'))).message).toContain('ENOENT');
    await writeFile(file, bytes.subarray(0, bytes.length - 2));
    expect((await failing(file)).message).toMatch(/expected \d+ bytes of data/);
    bytes[bytes.length - 1] ^= 1;
    await writeFile(file, bytes);
    expect((await failing(file)).message).toContain('the data must have sha256');
  });

  it('wants a checkpoint of this version, of F32 tensors, with numbers as counters', () => {
    const meta = { bayescnn_checkpoint: '1', counters: '{}', meta: '{}' };
    const decode = (metadata: Record<string, string>) => () =>
      decodeCheckpoint(writeSafetensors({}, metadata), 'x');
    expect(decode(meta)().weights).toEqual({});
    expect(decode({})).toThrow('a bayescnn checkpoint of version 1, got none');
    expect(decode({ ...meta, bayescnn_checkpoint: '2' })).toThrow('version 1, got 2');
    expect(decode({ ...meta, counters: '{"epoch":"3"}' })).toThrow('"counters" must hold numbers');
    expect(decode({ ...meta, meta: '{' })).toThrow('"meta" must be JSON');
    const wide = writeSafetensors({ w: { dtype: 'F64', shape: [1], data: Float64Array.of(1) } }, meta);
    expect(() => decodeCheckpoint(wide, 'x')).toThrow('must be F32, got F64');
    const infinite = { dtype: 'F32', shape: [1], data: Float32Array.of(Number.NaN) } as const;
    expect(() => decodeCheckpoint(writeSafetensors({ w: infinite }, meta), 'x')).toThrow(
      'x: weight "w" must hold finite numbers, got NaN at element 0',
    );
    const moment = decodeCheckpoint(writeSafetensors({ 'optimizer.w': infinite }, meta), 'x').optimizer.w;
    expect([...moment.data]).toEqual([Number.NaN]);
  });
});
