import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { experimentName, type RunFolder } from '../../../src/results/index.js';
import { exportTracked } from '../../../src/runs/trackers/export.js';
import { exportTensorboard } from '../../../src/runs/trackers/tensorboard.js';
import { trackedRun } from '../../../src/runs/trackers/tracked-run.js';
import { addEpoch, madeUpFolder } from './tracked.js';

const directory = mkdtempSync(path.join(tmpdir(), 'bayescnn-trackers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (...names: string[]) => path.join(directory, ...names);

/** 2026-01-02T03:04:05Z. */
const START = 1767323045;

const made = madeUpFolder(at('results'), 'bayes').then(async (folder) => {
  for (const epoch of [1, 2]) await addEpoch(folder, epoch);
  await folder.writeSummary({ total_seconds: 7.5, parameters: 62_462 });
  return folder;
});

describe('the history of a run', () => {
  it('has its moments in the order of time, steps and all', async () => {
    const folder = await madeUpFolder(at('results'), 'going');
    await addEpoch(folder, 1);
    await folder.appendLoss({ epoch: 2, batch: 5, loss: 1 });
    const { moments, endedAt } = await trackedRun(folder.path);
    expect(endedAt).toBeNull();
    expect(
      moments.map(({ at: time, step, scalars }) => [time - START, step, Object.keys(scalars).length]),
    ).toEqual(
      // Batch 5 of 10 in two seconds; the epoch's end with a second of evaluation; the second epoch as long as the first.
      [
        [1, 5, 1],
        [2, 10, 1],
        [3, 1, 23],
        [4, 15, 1],
      ],
    );
    expect(moments[2].scalars).toMatchObject({
      train_loss: 2,
      ece: 0.125,
      'posterior/conv1/mean_sigma': 0.05,
    });
    expect(moments[2].scalars).not.toHaveProperty('validation_nll');
  });

  it('is the outcome alone where a run was made of others', async () => {
    const folder = await madeUpFolder(at('results'), 'ensemble');
    await folder.writeSummary({
      total_seconds: 2,
      final: { test_accuracy: 0.7, ece: 0.02, top5_accuracy: 1 },
    });
    const { moments } = await trackedRun(folder.path);
    expect(moments).toEqual([
      { at: START + 2, step: 0, scalars: { test_accuracy: 0.7, ece: 0.02 }, snr: [] },
    ]);
  });

  it('needs to know when it began', async () => {
    const folder = await madeUpFolder(at('results'), 'undated');
    writeFileSync(folder.file('environment.json'), '{"started_at": "soon"}');
    await expect(trackedRun(folder.path)).rejects.toThrow('expected "started_at", a date, got "soon"');
  });
});

describe('event files', () => {
  const toTensorboard = async (folder: RunFolder, out: string) =>
    (await exportTensorboard(folder.path, at(out))).path;

  it('grow in their place, so that a reader that has one open reads on', async () => {
    const folder = await madeUpFolder(at('results'), 'grows');
    const file = await toTensorboard(folder, 'tb');
    const { ino } = statSync(file);
    let before = readFileSync(file);
    for (const epoch of [1, 2]) {
      await addEpoch(folder, epoch);
      expect(await toTensorboard(folder, 'tb')).toBe(file);
      const now = readFileSync(file);
      expect(now.subarray(0, before.length).equals(before)).toBe(true);
      expect(now.length).toBeGreaterThan(before.length + 1000);
      before = now;
    }
    for (const damaged of [before.subarray(0, 1000), Buffer.concat([before, before]), Buffer.from('x')]) {
      writeFileSync(file, damaged);
      await toTensorboard(folder, 'tb');
      expect(readFileSync(file).equals(before)).toBe(true);
    }
    expect(statSync(file).ino).toBe(ino);
  });

  it('of two runs do not mix', async () => {
    const folder = await made;
    const twin = await madeUpFolder(at('elsewhere'), 'bayes');
    const both = exportTracked({ format: 'tensorboard', runs: [folder.path, twin.path], out: at('both') });
    await expect(both).rejects.toThrow('expected runs of different names, got two of "bayes"');
    mkdirSync(at('taken', 'bayes'), { recursive: true });
    writeFileSync(at('taken', 'bayes', 'events.out.tfevents.1.host'), '');
    await expect(toTensorboard(folder, 'taken')).rejects.toThrow(
      /expected no event files of another run, got events\.out\.tfevents\.1\.host$/,
    );
  });
});

describe('the file store of MLflow', () => {
  const toMlflow = async (out: string, experiment: string) => {
    const runs = [(await made).path];
    return (await exportTracked({ format: 'mlflow', runs, out: at(out), experiment })).runs[0].path;
  };

  it('keeps what was added to a run there when it is exported again', async () => {
    const place = await toMlflow('mlruns', 'first');
    expect(readdirSync(place).sort()).toEqual(['artifacts', 'meta.yaml', 'metrics', 'params', 'tags']);
    const tag = (name: string) => path.join(place, 'tags', name);
    expect(readFileSync(tag('mlflow.note.content'), 'utf8')).toBe('A run\nof the tests');
    writeFileSync(tag('mlflow.note.content'), 'my words');
    writeFileSync(tag('reviewed'), 'yes');
    rmSync(path.join(place, 'metrics', 'ece'));
    expect(await toMlflow('mlruns', 'first')).toBe(place);
    expect([readFileSync(tag('mlflow.note.content'), 'utf8'), readFileSync(tag('reviewed'), 'utf8')]).toEqual(
      ['my words', 'yes'],
    );
    const ece = readFileSync(path.join(place, 'metrics', 'ece'), 'utf8');
    expect(ece).toBe(`${START + 3}000 0.125 1\n${START + 6}000 0.0625 2\n`);
    expect(readFileSync(path.join(place, 'meta.yaml'), 'utf8')).toContain(`end_time: ${START + 7}500\n`);
    // One experiment, and nothing left over.
    expect(readdirSync(at('mlruns'))).toEqual([path.basename(path.dirname(place))]);
  });

  it('has its experiments found by name', async () => {
    for (const [id, name] of [
      ['7', "'Bob''s: first'"],
      ['8', 'plain'],
    ]) {
      mkdirSync(at('named', id), { recursive: true });
      writeFileSync(at('named', id, 'meta.yaml'), `experiment_id: '${id}'\nname: ${name}\n`);
    }
    expect(path.dirname(await toMlflow('named', "Bob's: first"))).toBe(at('named', '7'));
    expect(path.dirname(await toMlflow('named', 'plain'))).toBe(at('named', '8'));
    expect(experimentName('name: "a\\u00fc: \\"b\\""\n')).toBe('aü: "b"');
    expect(experimentName('other: x\n')).toBeUndefined();
  });
});
