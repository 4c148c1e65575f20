import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import {
  archiveInfo,
  DEFAULT_SYNTHETIC,
  IMAGE_BYTES,
  loadDataset,
  type Split,
  writeSyntheticArchive,
} from '../../../src/data/index.js';
import { failureOf, filesIn, temporaryFolder } from './support.js';

const small = { seed: 3, trainPerFile: 20, test: 7 };
const load = (cacheDir: string, events = {}) =>
  loadDataset({ source: 'synthetic', archive: null, sha256: null, cacheDir }, { events });

/** 4 x 4 means of each colour plane: 48 features an image. */
function features(split: Split): Float64Array[] {
  return Array.from(split.labels, (_, n) => {
    const cells = new Float64Array(49);
    cells[48] = 1;
    for (let i = 0; i < IMAGE_BYTES; i++) {
      const cell = (i >> 10) * 16 + ((i >> 8) & 3) * 4 + ((i >> 3) & 3);
      cells[cell] += (split.images[n * IMAGE_BYTES + i] / 127.5 - 1) / 64;
    }
    return cells;
  });
}

/** Test accuracy of softmax regression on those features: the colour cue alone, no figures. */
function linearAccuracy(train: Split, test: Split): number {
  const weights = Array.from({ length: 10 }, () => new Float64Array(49));
  const scores = (x: Float64Array) => weights.map((row) => row.reduce((sum, w, i) => sum + w * x[i], 0));
  const inputs = features(train);
  for (let epoch = 0; epoch < 8; epoch++) {
    for (const [n, x] of inputs.entries()) {
      const logits = scores(x);
      const peak = Math.max(...logits);
      const odds = logits.map((value) => Math.exp(value - peak));
      const total = odds.reduce((sum, value) => sum + value);
      for (let k = 0; k < 10; k++) {
        const gradient = odds[k] / total - (train.labels[n] === k ? 1 : 0);
        for (let i = 0; i < 49; i++) weights[k][i] -= 0.05 * gradient * x[i];
      }
    }
  }
  const hits = features(test).filter((x, n) => {
    const logits = scores(x);
    return logits.indexOf(Math.max(...logits)) === test.labels[n];
  });
  return hits.length / test.labels.length;
}

describe('writeSyntheticArchive', () => {
  it('writes the same bytes for the same seed, and others for another', async () => {
    const folder = temporaryFolder();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => path.join(folder, name));
    const first = await writeSyntheticArchive(a, small);
    expect(await writeSyntheticArchive(b, small)).toEqual(first);
    expect((await writeSyntheticArchive(c, { ...small, seed: 4 })).sha256).not.toBe(first.sha256);
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
    expect(first.sha256).toBe(createHash('sha256').update(readFileSync(a)).digest('hex'));
    expect(first.bytes).toBe(readFileSync(a).length);
    // No clock and no operating system in gzip's header.
    expect([...readFileSync(a).subarray(4, 10)]).toEqual([0, 0, 0, 0, 4, 255]);
  });

  it('draws the same records on every machine', async () => {
    const file = path.join(temporaryFolder(), 'a');
    await writeSyntheticArchive(file, small);
    const digest = createHash('sha256')
      .update(gunzipSync(readFileSync(file)))
      .digest('hex');
    expect(digest).toBe('37e1024e84c1ac7b9aa11f1111f3a2fef5d2d56591388ec4e2bdc0800c663bdf');
  });

  it('keeps the records of a smaller archive and passes the archive reader', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'a');
    await writeSyntheticArchive(file, small);
    const info = await archiveInfo(file);
    expect(info.members.map(({ records }) => records)).toEqual([20, 20, 20, 20, 20, 7]);
    expect(info.classNames).toHaveLength(10);
    expect(info.official).toBe(false);
  });

  it.each([{ seed: -1 }, { seed: 0.5 }, { trainPerFile: 0 }, { trainPerFile: 10_001 }, { test: 1.5 }])(
    'refuses %j and leaves no file',
    async (change) => {
      const folder = temporaryFolder();
      const error = await failureOf(() =>
        writeSyntheticArchive(path.join(folder, 'a'), { ...small, ...change }),
      );
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain(`got ${Object.values(change)[0]}`);
      expect(filesIn(folder)).toEqual([]);
    },
  );

  it('leaves nothing when it is interrupted', async () => {
    const folder = temporaryFolder();
    const options = { ...small, trainPerFile: 10_000, signal: AbortSignal.timeout(50) };
    expect((await failureOf(() => writeSyntheticArchive(path.join(folder, 'a'), options))).exitCode).toBe(
      130,
    );
    expect(filesIn(folder)).toEqual([]);
  });
});

describe('the synthetic dataset', () => {
  // Generated once for the tests that look at its images.
  const made = mkdtempSync(path.join(tmpdir(), 'bayescnn-synthetic-'));
  afterAll(() => rmSync(made, { recursive: true, force: true }));

  it('is generated in under 3 s', { retry: 2 }, async () => {
    // Processor time, which other work on the machine does not change.
    const start = process.cpuUsage();
    await load(temporaryFolder());
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(3);
  });

  it('is balanced, and learnable but not by colour alone', async () => {
    const { train, test, origin } = await load(made);
    expect(origin).toBe('synthetic');
    expect([train.labels.length, test.labels.length]).toEqual([
      5 * DEFAULT_SYNTHETIC.trainPerFile,
      DEFAULT_SYNTHETIC.test,
    ]);
    for (let k = 0; k < 10; k++) {
      const count = train.labels.filter((label) => label === k).length;
      expect(count).toBeGreaterThan(400);
      expect(count).toBeLessThan(600);
    }
    const accuracy = linearAccuracy(train, test);
    expect(accuracy).toBeGreaterThan(0.2);
    expect(accuracy).toBeLessThan(0.6);
  }, 120_000);

  it('has no image in both splits', async () => {
    const { train, test } = await load(made);
    const digest = (split: Split, n: number) =>
      createHash('md5')
        .update(split.images.subarray(n * IMAGE_BYTES, (n + 1) * IMAGE_BYTES))
        .digest('hex');
    const all = [train, test].flatMap((split) => Array.from(split.labels, (_, n) => digest(split, n)));
    expect(new Set(all).size).toBe(6000);
  });

  it('is generated once, and again when its file was changed', async () => {
    const notes: string[] = [];
    const events = { onNote: (note: string) => notes.push(note) };
    const first = await load(made, events);
    expect((await load(made, events)).sha256).toBe(first.sha256);
    expect(notes).toEqual([]);
    const name = filesIn(made).find((file) => file.startsWith('synthetic-')) as string;
    writeFileSync(path.join(made, name), 'damage');
    expect((await load(made, events)).sha256).toBe(first.sha256);
    expect(notes.join()).toContain('has changed since it was generated');
  });

  it('holds to a named checksum', async () => {
    const sha256 = 'b'.repeat(64);
    const error = await failureOf(() =>
      loadDataset({ source: 'synthetic', archive: null, sha256, cacheDir: made }),
    );
    expect(error.exitCode).toBe(3);
  });
});
