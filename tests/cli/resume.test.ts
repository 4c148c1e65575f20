import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TIME_COLUMNS } from '../../src/train/row.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SETTINGS = ['data.subset={"train":1000,"test":200}', 'train.epochs=8', 'data.validation=100'];

let out: string;
beforeAll(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'bayescnn-resume-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

/** Runs the program; stops it by SIGINT once its output has `stopAt`. */
function bayescnn(args: string[], stopAt?: string): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, ['bin/bayescnn.js', ...args], { cwd: ROOT });
  let text = '';
  const hear = (chunk: Buffer) => {
    const before = stopAt !== undefined && text.includes(stopAt);
    text += chunk;
    if (stopAt !== undefined && !before && text.includes(stopAt)) child.kill('SIGINT');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, text })));
}

/** What an epoch's end must keep beside weights and momentum: moments, their step, cycles, the epoch's transforms. */
const ALL_STATE = [
  'train.optimizer.kind=adam',
  'train.optimizer.learningRate=0.002',
  'train.schedule.kind=one-cycle',
  'train.kl.kind=cyclical',
  'data.augment=["crop","flip"]',
];

const train = (name: string, stopAt?: string, more: string[] = []) => {
  const sets = [...SETTINGS, ...more].flatMap((setting) => ['--set', setting]);
  return bayescnn(
    ['train', '--config', 'configs/quickstart.json', ...sets, '--out', out, '--name', name],
    stopAt,
  );
};

/** Metrics rows without the columns that measure time. */
function rows(name: string): unknown[] {
  const lines = readFileSync(path.join(out, name, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const row = JSON.parse(line) as Record<string, unknown>;
    for (const column of TIME_COLUMNS) delete row[column];
    return row;
  });
}

it('a run with all kinds of state, interrupted and resumed, has the bytes of one that was not', async () => {
  expect((await train('whole-state', undefined, ALL_STATE)).code).toBe(0);
  const stopped = await train('part-state', 'epoch 2/8', ALL_STATE);
  expect(stopped.code, stopped.text).toBe(130);
  expect(rows('part-state').length).toBeLessThan(8);
  const resumed = await bayescnn(['train', '--resume', path.join(out, 'part-state')]);
  expect(resumed.code, resumed.text).toBe(0);
  expectSame('part-state', 'whole-state');
  const summary = JSON.parse(readFileSync(path.join(out, 'part-state', 'summary.json'), 'utf8'));
  expect(summary).toMatchObject({
    optimizer: 'adam',
    schedule: 'one-cycle',
    kl_weighting: 'cyclical',
    augment: ['crop', 'flip'],
  });
});

/** Compares two runs' metrics and checkpoints. */
function expectSame(got: string, wanted: string): void {
  expect(rows(got)).toEqual(rows(wanted));
  for (const which of ['last', 'best']) {
    const bytes = (name: string) => readFileSync(path.join(out, name, 'checkpoints', `${which}.safetensors`));
    expect(Buffer.compare(bytes(got), bytes(wanted)), which).toBe(0);
  }
  const predictions = (name: string) => readFileSync(path.join(out, name, 'predictions.safetensors'));
  expect(Buffer.compare(predictions(got), predictions(wanted))).toBe(0);
  const posterior = (name: string) => readFileSync(path.join(out, name, 'posterior.jsonl'), 'utf8');
  expect(posterior(got)).toBe(posterior(wanted));
  const summary = (name: string) => JSON.parse(readFileSync(path.join(out, name, 'summary.json'), 'utf8'));
  expect(summary(got).posterior).toEqual(summary(wanted).posterior);
}

it('a run that was interrupted and resumed has the bytes of one that was not', async () => {
  expect((await train('whole')).code).toBe(0);
  const stopped = await train('part', 'epoch 2/8');
  expect(stopped.code, stopped.text).toBe(130);
  const before = rows('part').length;
  expect(before).toBeLessThan(8);
  const part = path.join(out, 'part');
  const other = await bayescnn(['train', '--resume', part, '--set', 'train.epochs=9']);
  expect(other.code, 'other settings beside --resume').toBe(2);
  const resumed = await bayescnn(['train', '--resume', part, '--threads', '1']);
  expect(resumed.code, resumed.text).toBe(0);
  expectSame('part', 'whole');
  const environment = JSON.parse(readFileSync(path.join(out, 'part', 'environment.json'), 'utf8'));
  expect(environment.resumed).toMatchObject([{ after_epoch: before }]);
});

it('a complete run is refused, as is a folder that is no run', async () => {
  const complete = await bayescnn(['train', '--resume', path.join(out, 'whole')]);
  expect(complete.code).toBe(2);
  expect(complete.text).toContain('got all 8 done');
  const nothing = await bayescnn(['train', '--resume', out]);
  expect(nothing.code).toBe(2);
});
