import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type LoadedSweep, loadSweep, planRuns, pointsOf } from '../../../src/config/index.js';

const directory = mkdtempSync(path.join(os.tmpdir(), 'bayescnn-sweep-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const base = { data: { source: 'synthetic' } };

function sweep(search: LoadedSweep['search'], more: Partial<LoadedSweep> = {}): LoadedSweep {
  return { name: 'test', notes: '', base, set: {}, search, seeds: [0, 1], ...more };
}

async function load(content: unknown): Promise<LoadedSweep> {
  const file = path.join(directory, 'sweep.json');
  writeFileSync(file, JSON.stringify(content));
  return loadSweep(file);
}

const failure = (content: unknown): Promise<string> =>
  load(content).then(
    () => 'no error',
    (error: Error) => error.message,
  );

describe('a grid', () => {
  const search: LoadedSweep['search'] = {
    kind: 'grid',
    axes: {
      model: { cnn: {}, bayes: { 'model.bayesian': 'all', 'train.optimizer.momentum': 0.8 } },
      'train.epochs': [1, 2],
    },
  };

  it('has every combination, the last axis fastest', () => {
    expect(pointsOf(search)).toEqual([
      { label: 'cnn_epochs-1', settings: { 'train.epochs': 1 } },
      { label: 'cnn_epochs-2', settings: { 'train.epochs': 2 } },
      {
        label: 'bayes_epochs-1',
        settings: { 'model.bayesian': 'all', 'train.optimizer.momentum': 0.8, 'train.epochs': 1 },
      },
      {
        label: 'bayes_epochs-2',
        settings: { 'model.bayesian': 'all', 'train.optimizer.momentum': 0.8, 'train.epochs': 2 },
      },
    ]);
  });

  it('becomes a run for each seed, with the settings of all runs below and overrides above', () => {
    const runs = planRuns(
      sweep(search, { set: { 'train.epochs': 9, 'train.batchSize': 32 } }),
      pointsOf(search),
      ['train.batchSize=64'],
    );
    expect(runs.map(({ name }) => name)).toEqual(
      ['cnn_epochs-1', 'cnn_epochs-2', 'bayes_epochs-1', 'bayes_epochs-2'].flatMap((point) => [
        `${point}_seed0`,
        `${point}_seed1`,
      ]),
    );
    expect(runs.map(({ epochs }) => epochs)).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
    expect(runs[0].set).toEqual([
      'train.epochs=9',
      'train.batchSize=32',
      'train.epochs=1',
      'train.batchSize=64',
      'seed=0',
    ]);
    expect(new Set(runs.map(({ hash }) => hash)).size).toBe(8);
  });

  it('names a run by what it computes: names and threads do not count', () => {
    const [one] = planRuns(sweep(search), pointsOf(search));
    const renamed: LoadedSweep['search'] = { kind: 'list', points: { other: { 'train.epochs': 1 } } };
    const [other] = planRuns(sweep(renamed), pointsOf(renamed), ['backend.threads=2']);
    expect(other.name).toBe('other_seed0');
    expect(other.hash).toBe(one.hash);
  });

  it('refuses two points that are one experiment', () => {
    const twice: LoadedSweep['search'] = {
      kind: 'list',
      points: { a: { 'train.epochs': 1 }, b: { 'train.epochs': 1 } },
    };
    expect(() => planRuns(sweep(twice), pointsOf(twice))).toThrow(
      'runs a_seed0 and b_seed0: expected different settings, got the same',
    );
  });

  it('checks every config before the first run, and names the run', () => {
    const wrong: LoadedSweep['search'] = { kind: 'grid', axes: { 'train.epochs': [1, -1] } };
    expect(() => planRuns(sweep(wrong), pointsOf(wrong))).toThrow(
      'run epochs--1_seed0: train.epochs: expected a number >= 1',
    );
    const unknown: LoadedSweep['search'] = { kind: 'list', points: { a: { 'train.epoch': 1 } } };
    expect(() => planRuns(sweep(unknown), pointsOf(unknown))).toThrow(
      /run a_seed0: --set train.epoch=1: unknown setting/,
    );
  });

  it('knows the settings that its axes name', () => {
    expect(() => pointsOf({ kind: 'grid', axes: { learningRate: [0.1] } })).toThrow(
      'search.axes: values need the path of a setting as their name, got "learningRate"',
    );
  });
});

describe('random points', () => {
  const search = (points: number, seed = 0): Extract<LoadedSweep['search'], { kind: 'random' }> => ({
    kind: 'random',
    points,
    seed,
    axes: {
      'train.optimizer.learningRate': { min: 0.001, max: 1, scale: 'log', whole: false },
      'train.epochs': { min: 1, max: 4, scale: 'linear', whole: true },
      'train.batchSize': [16, 128],
    },
  });

  it('are the same for a seed, and the first of more', () => {
    expect(pointsOf(search(5)).map(({ settings }) => settings)).toEqual(
      pointsOf(search(8))
        .slice(0, 5)
        .map(({ settings }) => settings),
    );
    expect(pointsOf(search(5, 1))).not.toEqual(pointsOf(search(5)));
  });

  it('fill their ranges evenly', () => {
    const drawn = pointsOf(search(600)).map(({ settings }) => settings);
    const decade = drawn.map((each) =>
      Math.floor(Math.log10(each['train.optimizer.learningRate'] as number)),
    );
    for (const power of [-3, -2, -1]) {
      const count = decade.filter((each) => each === power).length;
      // 200 +- 4 standard deviations of a binomial.
      expect(Math.abs(count - 200)).toBeLessThan(47);
    }
    for (const epochs of [1, 2, 3, 4]) {
      const count = drawn.filter((each) => each['train.epochs'] === epochs).length;
      expect(Math.abs(count - 150)).toBeLessThan(43);
    }
    expect(new Set(drawn.map((each) => each['train.batchSize']))).toEqual(new Set([16, 128]));
  });

  it('end where a space is used up', () => {
    const small = pointsOf({ kind: 'random', points: 50, seed: 0, axes: { 'train.epochs': [1, 2, 3] } });
    expect(small.map(({ settings }) => settings['train.epochs']).sort()).toEqual([1, 2, 3]);
  });
});

describe('a sweep file', () => {
  const good = { base, search: { kind: 'grid', axes: { 'train.epochs': [1] } } };

  it('has its file name and one seed by default', async () => {
    expect(await load(good)).toMatchObject({ name: 'sweep', seeds: [0], base, set: {} });
  });

  it('takes its base from a file beside it', async () => {
    writeFileSync(path.join(directory, 'base.json'), JSON.stringify({ seed: 7 }));
    expect((await load({ ...good, base: 'base.json' })).base).toEqual({ name: 'base', seed: 7 });
    expect(await failure({ ...good, base: 'none.json' })).toMatch(
      /none\.json: the config must be a readable file/,
    );
  });

  it.each([
    [{ search: good.search }, 'base: '],
    [{ ...good, seeds: [] }, 'seeds: expected 1 values'],
    [{ ...good, seeds: [1, 1] }, 'seeds: expected each seed once'],
    [{ ...good, sed: 1 }, 'unknown setting'],
    [
      { ...good, search: { kind: 'maze' } },
      'search.kind: expected one of "grid", "list", "random", "halving"',
    ],
    [{ ...good, search: { kind: 'random', axes: {} } }, 'search.points: expected a whole number'],
  ])('refuses %j', async (content, message) => {
    expect(await failure(content)).toContain(message);
  });
});
