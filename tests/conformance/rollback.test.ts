import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { differences } from '../../scripts/same-run.mjs';
import { parseConfig } from '../../src/config/index.js';
import type { BayescnnError } from '../../src/errors.js';
import { checkpointFile, loadCheckpoint, loadRollbacks, readMetrics } from '../../src/results/index.js';
import { openResumable } from '../../src/runs/resume.js';
import { runTraining } from '../../src/runs/train.js';
import type { TrainReporter } from '../../src/train/reporter.js';
import { smallArchive } from './small-archive.js';

const small = smallArchive('rollback');
const { archive, directory } = small;

/** 60 images in steps of 7: an epoch has 9 steps. */
const STEPS = 9;
/** From the second epoch on at a rate of 1e30, which no network outlives; times 1e-33 it does. */
const SWAG = { start: 1, learningRate: 1e30 };
const CURE = { kind: 'rollback', times: 2, factor: 1e-33 };

interface Watch {
  warn?(message: string): void;
  lossPrint?(): void;
}

async function train(name: string, change: object, watch: Watch = {}, threads = 2): Promise<unknown> {
  const config = parseConfig(
    {
      name,
      seed: 7,
      data: { archive, sha256: small.sha256 },
      model: { bayesian: 'none' },
      train: {
        ...{ epochs: 3, batchSize: 7, printEvery: 2, checkpoint: { everySteps: 4 } },
        ...{ swag: SWAG, onDivergence: CURE, ...change },
      },
      backend: { kind: 'simd', threads },
    },
    name,
  );
  const ignore = () => {};
  const reporter: TrainReporter = {
    ...{ note: ignore, warn: ignore, progress: ignore, lossPrint: ignore },
    ...{ evaluating: ignore, epoch: ignore, ...watch },
  };
  const folder = path.join(directory, name);
  const resume = existsSync(folder) ? await openResumable(folder) : undefined;
  return runTraining({ config, outDir: directory, resume, reporter }).catch((error) => error);
}

const folderOf = (name: string) => path.join(directory, name);
const summaryOf = (name: string) =>
  JSON.parse(readFileSync(path.join(folderOf(name), 'summary.json'), 'utf8'));

describe('a run that diverges, with train.onDivergence rollback', () => {
  const warnings: string[] = [];
  beforeAll(async () => {
    const outcome = await train('whole', {}, { warn: (message) => warnings.push(message) });
    expect(outcome).not.toBeInstanceOf(Error);
  });

  it('goes back to the end of the last epoch, and on at the smaller rate to its end', async () => {
    const rows = await readMetrics(folderOf('whole'));
    expect(rows.map(({ epoch, step }) => [epoch, step])).toEqual(
      [1, 2, 3].map((epoch) => [epoch, epoch * STEPS]),
    );
    expect(rows[1].learning_rate).toBeCloseTo(1e-3, 12);
    expect(rows[2].learning_rate).toBeCloseTo(1e-3, 12);
  });

  it('says so on the screen, in rollbacks.json and in summary.json', async () => {
    const [rollback, ...others] = await loadRollbacks(folderOf('whole'));
    expect(others).toEqual([]);
    expect(rollback).toMatchObject({ epoch: 2, back_to_epoch: 1, rate_factor: 1e-33 });
    expect(rollback.step).toBeGreaterThan(STEPS);
    expect(rollback.step).toBeLessThanOrEqual(2 * STEPS);
    expect(summaryOf('whole').rollbacks).toEqual([rollback]);
    expect(warnings.filter((text) => text.includes('rollback'))).toEqual([
      `training diverged at step ${rollback.step} (epoch 2; likely cause: ${rollback.cause}): back to the end of ` +
        'epoch 1, with the learning rate times 1e-33 (rollback 1 of 2)',
    ]);
  });

  it.each([
    ['before it diverges', { lossPrint: 5 }],
    ['when it has just written that it goes back', { warn: 1 }],
    ['after it went back', { lossPrint: 7 }],
  ])('ends in the same bytes when it is killed %s, whatever the threads', async (name, at) => {
    const part = name.replaceAll(' ', '-');
    let seen = 0;
    const crash = () => {
      if (++seen === Object.values(at)[0]) throw new Error('a crash');
    };
    const watch = 'warn' in at ? { warn: crash } : { lossPrint: crash };
    // Also behind the step that spoils the weights, before anything is infinite: such a checkpoint is passed over later.
    const change = { checkpoint: { everySteps: 1 } };
    expect(await train(part, change, watch, 1)).toMatchObject({ message: 'a crash' });
    if ('warn' in at) {
      const { step } = (await loadCheckpoint(checkpointFile(folderOf(part), 'step'))).counters;
      expect(step).toBeGreaterThan(STEPS);
    }
    expect(await train(part, change, {}, 1)).not.toBeInstanceOf(Error);
    expect(differences(folderOf(part), folderOf('whole'))).toEqual([]);
  });

  it('goes back to its beginning from the first epoch', async () => {
    const change = {
      swag: null,
      optimizer: { kind: 'sgd', learningRate: 1e30 },
      schedule: { kind: 'constant' },
    };
    expect(await train('first', change)).toMatchObject({ rollbacks: [{ epoch: 1, back_to_epoch: 0 }] });
    expect((await readMetrics(folderOf('first'))).map((row) => row.epoch)).toEqual([1, 2, 3]);
  });

  it('ends with the error when it has gone back as often as it may, also when it is resumed', async () => {
    const change = { onDivergence: { kind: 'rollback', times: 2, factor: 0.5 } };
    for (const _ of ['new', 'resumed']) {
      const error = (await train('hopeless', change)) as BayescnnError;
      expect(error).toMatchObject({ code: 'failure', hint: expect.stringContaining('learningRate') });
      expect(error.message).toMatch(/must stay finite, got .*; 2 rollbacks did not help$/);
    }
    const factors = (await loadRollbacks(folderOf('hopeless'))).map((rollback) => rollback.rate_factor);
    expect(factors).toEqual([0.5, 0.25]);
    expect((await readMetrics(folderOf('hopeless'))).map((row) => row.epoch)).toEqual([1]);
  });
});

it('a run that diverges stops by default, and writes no rollback', async () => {
  const error = (await train('stops', { onDivergence: undefined })) as BayescnnError;
  expect([error.code, error.message]).toEqual(['failure', expect.stringContaining('must stay finite')]);
  expect(existsSync(path.join(folderOf('stops'), 'rollbacks.json'))).toBe(false);
});

it.each([
  '{}',
  '[{}]',
  '[1',
  '[{"step":1,"epoch":1,"parameters":[],"cause":"","back_to_epoch":0,"rate_factor":2}]',
])('a damaged rollbacks.json is refused: %s', async (text) => {
  writeFileSync(path.join(directory, 'rollbacks.json'), text);
  await expect(loadRollbacks(directory)).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining('rollbacks.json: expected a list of rollbacks, got'),
  });
});
