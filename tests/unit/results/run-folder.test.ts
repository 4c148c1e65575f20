import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BayescnnError } from '../../../src/errors.js';
import {
  createRunFolder,
  METRICS_COLUMNS,
  openRun,
  readLosses,
  readMetrics,
  reopenRunFolder,
  saveCheckpoint,
  writeAtomic,
} from '../../../src/results/index.js';
import type { MetricsRow } from '../../../src/train/row.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'bayescnn-run-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const row = (epoch: number): MetricsRow => ({
  epoch,
  step: epoch * 100,
  seconds: 1.5,
  images_per_second: 1e4,
  learning_rate: 0.05,
  train_loss: 2.3,
  train_nll: 2.2,
  train_kl: 1e5,
  kl_weight: 1,
  train_accuracy: 0.1,
  test_loss: 2.25,
  test_nll: 2.1,
  test_accuracy: 0.2,
  predictive_entropy: 2,
  expected_entropy: 1.9,
  mutual_information: 0.1,
  ece: 0.05,
  brier: 0.8,
  samples: 10,
  eval_seconds: 0.4,
  validation_nll: null,
  validation_accuracy: epoch > 1 ? 0.25 : null,
});

async function failure(promise: Promise<unknown>): Promise<BayescnnError> {
  const error = await promise.then(
    () => new Error('no error'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(BayescnnError);
  return error;
}

describe('createRunFolder', () => {
  it('makes the output folder and never takes a taken name', async () => {
    const out = path.join(folder, 'deep', 'results');
    const first = await createRunFolder(out, 'cnn');
    await first.writeSummary({ kept: true });
    await writeFile(path.join(out, 'cnn-2'), 'a file takes the name too');
    const third = await createRunFolder(out, 'cnn');
    expect([first.name, third.name]).toEqual(['cnn', 'cnn-3']);
    expect(third.path).toBe(path.join(out, 'cnn-3'));
    expect((await stat(path.join(third.path, 'checkpoints'))).isDirectory()).toBe(true);
    expect(JSON.parse(await readFile(first.file('summary.json'), 'utf8'))).toEqual({ kept: true });
  });

  it('gives runs that start together their own folders', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => createRunFolder(folder, 'x')));
    expect(new Set(runs.map((run) => run.path)).size).toBe(8);
    expect((await readdir(folder)).sort()).toEqual(['x', 'x-2', 'x-3', 'x-4', 'x-5', 'x-6', 'x-7', 'x-8']);
  });

  it('says when the folder cannot be made, and leaves nothing', async () => {
    const blocked = path.join(folder, 'file');
    await writeFile(blocked, '');
    const error = await failure(createRunFolder(path.join(blocked, 'results'), 'cnn'));
    expect(error.exitCode).toBe(1);
    expect(error.message).toMatch(/file.results: could not be written, got ENOTDIR/);
    expect(error.hint).toContain('--out');
    expect((await failure(createRunFolder(blocked, 'cnn'))).message).toMatch(/got (EEXIST|ENOTDIR)/);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it.each(['', '.', '..', '../x', 'a/b', 'a\\b', '.hidden', 'x'.repeat(101), 'a b'])(
    'refuses the name %j',
    async (name) => {
      const error = await failure(createRunFolder(folder, name));
      expect(error.exitCode).toBe(2);
      expect(await readdir(folder)).toEqual([]);
    },
  );
});

describe('writing', () => {
  it('leaves the old file and no temporary one when it fails', async () => {
    const target = path.join(folder, 'taken');
    await mkdir(path.join(target, 'inside'), { recursive: true });
    const error = await failure(writeAtomic(target, 'new'));
    expect(error.message).toContain('could not be written');
    expect(await readdir(folder)).toEqual(['taken']);
    expect((await failure(writeAtomic(path.join(folder, 'no', 'x'), ''))).message).toContain('ENOENT');
  });

  it('keeps metrics.jsonl and metrics.csv alike', async () => {
    const run = await createRunFolder(folder, 'cnn');
    await run.appendMetrics(row(1));
    await run.appendMetrics(row(2));
    expect(await readMetrics(run.path)).toEqual([row(1), row(2)]);
    const lines = (await readFile(run.file('metrics.csv'), 'utf8')).trimEnd().split('\n');
    const cells = lines.map((line) => line.split(','));
    expect(cells[0]).toEqual(METRICS_COLUMNS);
    expect(cells[0]).toEqual(Object.keys(row(1)));
    expect(cells[1].slice(-3)).toEqual(['0.4', '', '']);
    expect(cells[2].map((cell) => (cell === '' ? null : Number(cell)))).toEqual(Object.values(row(2)));
    expect((await readdir(run.path)).sort()).toEqual(['checkpoints', 'metrics.csv', 'metrics.jsonl']);
  });

  it('puts columns in order and refuses what is no number', async () => {
    const run = await createRunFolder(folder, 'cnn');
    await run.appendMetrics(Object.fromEntries(Object.entries(row(1)).reverse()) as unknown as MetricsRow);
    const text = await readFile(run.file('metrics.jsonl'), 'utf8');
    expect(text).toBe(`${JSON.stringify(row(1))}\n`);
    const error = await failure(run.appendMetrics({ ...row(2), test_nll: Number.NaN }));
    expect(error.message).toBe('metrics of epoch 2: "test_nll" must be a finite number, got NaN');
    const { ece: _, ...partial } = row(2);
    expect((await failure(run.appendMetrics(partial as MetricsRow))).message).toContain('"ece"');
    expect(await readFile(run.file('metrics.jsonl'), 'utf8')).toBe(text);
  });

  it('takes null for what an epoch without an evaluation did not measure', async () => {
    const run = await createRunFolder(folder, 'cnn');
    const skipped = { ...row(1), test_nll: null, ece: null };
    await run.appendMetrics(skipped);
    expect(await readMetrics(run.path)).toEqual([skipped]);
    const cells = (await readFile(run.file('metrics.csv'), 'utf8')).split('\n')[1].split(',');
    expect(cells[METRICS_COLUMNS.indexOf('ece')]).toBe('');
    expect(
      (await failure(run.appendMetrics({ ...row(2), train_loss: null as unknown as number }))).code,
    ).toBe('failure');
  });

  it('appends losses', async () => {
    const run = await createRunFolder(folder, 'cnn');
    expect(await readLosses(run.path)).toEqual([]);
    await run.appendLoss({ epoch: 1, batch: 2000, loss: 2.2 });
    await run.appendLoss({ epoch: 1, batch: 4000, loss: 1.8 });
    expect((await readLosses(run.path)).map(({ loss }) => loss)).toEqual([2.2, 1.8]);
  });

  it('goes on after a checkpoint: rows of later epochs are dropped', async () => {
    const run = await createRunFolder(folder, 'cnn');
    for (const epoch of [1, 2, 3]) {
      await run.appendMetrics(row(epoch));
      await run.appendLoss({ epoch, batch: 1, loss: epoch });
    }
    const again = await reopenRunFolder(run.path, { epoch: 2, batch: 0 });
    await again.appendMetrics({ ...row(3), step: 999 });
    expect((await readMetrics(run.path)).map(({ step }) => step)).toEqual([100, 200, 999]);
    expect((await readLosses(run.path)).map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect((await readFile(again.file('metrics.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(4);
    const inside = await reopenRunFolder(run.path, { epoch: 0, batch: 1 });
    // Its files are gone, as in a run that has not finished an epoch.
    expect((await readdir(inside.path)).sort()).toEqual(['checkpoints', 'losses.jsonl']);
    expect(await readLosses(run.path)).toEqual([{ epoch: 1, batch: 1, loss: 1 }]);
    expect(
      (await failure(reopenRunFolder(path.join(folder, 'none'), { epoch: 1, batch: 0 }))).message,
    ).toContain('ENOENT');
  });
});

describe('reopenRunFolder', () => {
  it('removes what a crash cut short, and nothing else', async () => {
    const run = await createRunFolder(folder, 'cnn');
    await run.appendLoss({ epoch: 1, batch: 2, loss: 2.5 });
    await appendFile(run.file('losses.jsonl'), '{"epoch":1,"ba');
    const checkpoints = run.file('checkpoints');
    await writeFile(path.join(checkpoints, '.last.safetensors.123-0a1b2c3d.tmp'), 'half');
    await writeFile(run.file('.metrics.jsonl.7-00000000.tmp'), 'half');
    await writeFile(run.file('.notes.tmp'), "the user's own");
    // An epoch's end makes it stale.
    await writeFile(path.join(checkpoints, 'step.safetensors'), 'older');
    await reopenRunFolder(run.path, { epoch: 1, batch: 0 });
    expect(await readFile(run.file('losses.jsonl'), 'utf8')).toBe('{"epoch":1,"batch":2,"loss":2.5}\n');
    expect(await readdir(checkpoints)).toEqual([]);
    expect((await readdir(run.path)).sort()).toEqual(['.notes.tmp', 'checkpoints', 'losses.jsonl']);
  });
});

describe('readMetrics', () => {
  it('names file and line of a damaged row', async () => {
    const run = await createRunFolder(folder, 'cnn');
    await run.appendMetrics(row(1));
    await appendFile(run.file('metrics.jsonl'), '{"epoch": 2,');
    const cut = await failure(readMetrics(run.path));
    expect(cut.message).toMatch(/metrics\.jsonl:2: expected one JSON object a line/);
    expect(cut.exitCode).toBe(3);
    await writeFile(run.file('metrics.jsonl'), `${JSON.stringify({ ...row(1), train_nll: null })}\n`);
    expect((await failure(readMetrics(run.path))).message).toMatch(
      /:1: "train_nll" must be a finite number, got null/,
    );
    // An object that cannot be turned into text is quoted too.
    const odd = JSON.stringify({ ...row(1), epoch: { toString: 1 } });
    await writeFile(run.file('metrics.jsonl'), `${odd}\n`);
    expect((await failure(readMetrics(run.path))).message).toContain('got {"toString":1}');
    await writeFile(run.file('metrics.jsonl'), 'null\n');
    expect((await failure(readMetrics(run.path))).message).toContain(':1: "epoch"');
  });
});

describe('openRun', () => {
  const checkpoint = { weights: {}, optimizer: {}, counters: { epoch: 1 }, meta: {} };

  it('reads a run and finds its checkpoints', async () => {
    const run = await createRunFolder(folder, 'cnn');
    await run.writeConfig({ seed: 1 });
    await run.appendMetrics(row(1));
    const fresh = await openRun(run.path);
    expect(fresh).toMatchObject({
      name: 'cnn',
      path: run.path,
      config: { seed: 1 },
      environment: null,
      summary: null,
    });
    expect(() => fresh.checkpoint('best')).toThrow(/expected a checkpoint "best"/);
    await run.writeSummary({ test_accuracy: 0.5 });
    const last = await saveCheckpoint(run.path, 'last', checkpoint);
    const opened = await openRun(`${run.path}${path.sep}`);
    expect(opened.summary).toEqual({ test_accuracy: 0.5 });
    expect(await opened.metrics()).toEqual([row(1)]);
    expect(opened.checkpoint('last')).toBe(last);
    expect(opened.checkpoint(last)).toBe(last);
    expect(() => opened.checkpoint('best')).toThrow(
      expect.objectContaining({ hint: 'try --checkpoint last', code: 'usage' }),
    );
  });

  it('says what a path is instead of a run', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    await mkdir(path.join(folder, 'empty'));
    const messages = await Promise.all(
      ['none', 'file', 'empty'].map(async (name) => {
        const error = await failure(openRun(path.join(folder, name)));
        expect(error.code).toBe('usage');
        return error.message.replace(folder, '');
      }),
    );
    expect(messages).toEqual([
      `${path.sep}none: expected a run folder, got nothing there`,
      `${path.sep}file: expected a run folder, got a file`,
      `${path.sep}empty: expected a run folder, got a folder without config.json`,
    ]);
  });

  it.each(['{', '[]', 'null'])('names a damaged config.json: %s', async (content) => {
    await writeFile(path.join(folder, 'config.json'), content);
    const error = await failure(openRun(folder));
    expect(error.code).toBe('data');
    expect(error.message).toMatch(/config\.json: expected a/);
  });
});
