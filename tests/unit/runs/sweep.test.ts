import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type LoadedSweep, planRuns, pointsOf } from '../../../src/config/index.js';
import { type SweepRun, summarizePoints, sweepTable } from '../../../src/report/index.js';
import { SweepFolder } from '../../../src/runs/sweep/folder.js';
import { survivors } from '../../../src/runs/sweep/halving.js';
import { type RunResult, SweepResults } from '../../../src/runs/sweep/results.js';
import { quoted } from '../../../src/runs/sweep/shell.js';
import { rungsOf } from '../../../src/runs/sweep/sweep.js';

const directory = mkdtempSync(path.join(os.tmpdir(), 'bayescnn-sweep-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const sweep = (epochs: number[], label?: string): LoadedSweep => ({
  name: 'test',
  notes: '',
  base: { data: { source: 'synthetic' } },
  set: {},
  search: label
    ? { kind: 'list', points: { [label]: { 'train.epochs': epochs[0] } } }
    : { kind: 'grid', axes: { 'train.epochs': epochs } },
  seeds: [0],
});

const runsOf = (own: LoadedSweep) => planRuns(own, pointsOf(own.search));

describe('the folder of a sweep', () => {
  it('knows a run by what it computes, whatever it is called now', async () => {
    const at = path.join(directory, 'names');
    const first = await SweepFolder.open(at);
    await first.plan(sweep([1, 2]), first.adopt(runsOf(sweep([1, 2]))));
    const again = await SweepFolder.open(at);
    expect(again.adopt(runsOf(sweep([2], 'longer'))).map(({ name }) => name)).toEqual(['epochs-2_seed0']);
    // The name of another experiment is taken.
    const [other] = again.adopt(runsOf(sweep([3], 'epochs-2')));
    expect(other.name).toBe('epochs-2_seed0-2');
  });

  it('gives back the config of a planned run', async () => {
    const folder = await SweepFolder.open(path.join(directory, 'configs'));
    await folder.plan(sweep([4]), folder.adopt(runsOf(sweep([4]))));
    const config = await (await SweepFolder.open(folder.path)).configOf('epochs-4_seed0');
    expect(config).toMatchObject({
      name: 'epochs-4_seed0',
      train: { epochs: 4 },
      data: { source: 'synthetic' },
    });
    await expect(folder.configOf('none')).rejects.toThrow('expected a run of this sweep, got "none"');
  });
});

describe('the results of a sweep', () => {
  it('are found once, and survive a line that a crash cut off', async () => {
    const folder = await SweepFolder.open(path.join(directory, 'results'));
    const runs = folder.adopt(runsOf(sweep([1, 2])));
    await folder.plan(sweep([1, 2]), runs);
    await appendFile(folder.file('results.jsonl'), '{"name":"epochs-');
    const results = await SweepResults.open(folder);
    await results.gather(runs);
    expect(results.all()).toEqual([]);
    await mkdir(folder.runPath(runs[1].name), { recursive: true });
    const final = { test_nll: 2 };
    const summary = { epochs: 2, train_images: 10, train_seconds: 3, total_seconds: 4, final };
    await writeFile(path.join(folder.runPath(runs[1].name), 'summary.json'), JSON.stringify(summary));
    await results.gather(runs);
    const found = { name: runs[1].name, hash: runs[1].hash, ...summary };
    expect(results.all()).toEqual([found]);
    // The next sweep reads the index alone.
    rmSync(folder.runPath(runs[1].name), { recursive: true });
    expect((await SweepResults.open(folder)).get(runs[1].hash)).toEqual(found);
    expect((await readFile(folder.file('results.jsonl'), 'utf8')).split('\n')).toHaveLength(3);
  });
});

describe('successive halving', () => {
  const point = (label: string) => ({ label, settings: {} });
  const run = (label: string, nll: number | null) => ({
    point: label,
    result: nll === null ? null : ({ final: { validation_nll: nll } } as unknown as RunResult),
  });

  it('trains each rung eta times as long', () => {
    const search: LoadedSweep['search'] = {
      kind: 'halving',
      points: 9,
      seed: 0,
      axes: {},
      epochs: 2,
      eta: 3,
      rungs: 3,
    };
    expect(rungsOf({ ...sweep([1]), search })).toEqual([
      { epochs: 2, keep: 1 / 3 },
      { epochs: 6, keep: 1 / 3 },
      { epochs: 18, keep: null },
    ]);
  });

  it('keeps the points of the lowest mean validation NLL; a failed run counts as the worst', () => {
    const points = ['a', 'b', 'c', 'd', 'e', 'f'].map(point);
    const runs = [
      ...[run('a', 1), run('a', null), run('b', 0.9), run('b', 0.9), run('c', 2), run('c', 0.1)],
      ...[run('d', 0.2), run('d', 0.2), run('e', 3), run('e', 3), run('f', 0.8), run('f', 0.8)],
    ];
    expect(survivors(points, runs, { epochs: 1, keep: 1 / 3 }).map(({ label }) => label)).toEqual(['d', 'f']);
    expect(survivors(points.slice(0, 2), runs, { epochs: 1, keep: 1 / 3 }).map(({ label }) => label)).toEqual(
      ['b'],
    );
  });
});

describe('the table of a sweep', () => {
  const run = (point: string, accuracy: number, validation: number | null): SweepRun => ({
    point,
    metrics: {
      test_accuracy: accuracy,
      test_nll: 1,
      ece: 0.1,
      brier: 0.5,
      predictive_entropy: 1,
      validation_nll: validation,
      train_seconds: 2,
    },
  });

  it('has mean and standard deviation over seeds, in the order of the points', () => {
    const rows = sweepTable(
      summarizePoints(['b', 'a', 'none'], [run('a', 0.5, null), run('b', 0.6, null), run('b', 0.62, null)]),
    );
    expect(rows).toEqual([
      ['point', 'runs', 'accuracy %', 'NLL', 'ECE', 'Brier', 'entropy', 'training s'],
      [
        'b',
        '2',
        '61.00 ± 1.41',
        '1.000 ± 0.000',
        '0.100 ± 0.000',
        '0.500 ± 0.000',
        '1.000 ± 0.000',
        '2.0 ± 0.0',
      ],
      ['a', '1', '50.00', '1.000', '0.100', '0.500', '1.000', '2.0'],
      ['none', '0', '-', '-', '-', '-', '-', '-'],
    ]);
  });

  it('begins with the best where validation images tell it, never by test images', () => {
    const order = summarizePoints(['a', 'b', 'none'], [run('a', 0.9, 1.2), run('b', 0.1, 1.1)]);
    expect(order.map(({ point }) => point)).toEqual(['b', 'a', 'none']);
  });
});

it('quotes words for a shell', () => {
  expect(['/a/b-c_d.json', "it's", 'a b', ''].map(quoted)).toEqual([
    '/a/b-c_d.json',
    "'it'\\''s'",
    "'a b'",
    "''",
  ]);
});
