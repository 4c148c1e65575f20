import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { TIME_COLUMNS } from '../../src/train/row.js';
import { type Finished, scratch, sharedCache, start } from './command.js';
import { runHere } from './in-process.js';

const { directory: out, remove } = scratch();
afterAll(remove);
const SETTINGS = ['data.subset={"train":500,"test":100}', 'train.epochs=8', 'data.validation=100'];
const options = { cache: sharedCache };
const bayescnn = (args: string[]) => runHere(args, options);

/** What an epoch's end must keep beside weights and momentum: moments, their step, cycles, the epoch's transforms. */
const ALL_STATE = [
  'train.optimizer.kind=adam',
  'train.optimizer.learningRate=0.002',
  'train.schedule.kind=one-cycle',
  'train.kl.kind=cyclical',
  'data.augment=["crop","flip"]',
];

const training = (name: string, more: string[] = []) => {
  const sets = [...SETTINGS, ...more].flatMap((setting) => ['--set', setting]);
  return ['train', '--config', 'configs/quickstart.json', ...sets, '--out', out, '--name', name];
};

/** A program that gets SIGINT in its third epoch. */
async function stopped(name: string, more?: string[]): Promise<Finished> {
  const running = start(training(name, more), options);
  await running.printed(/epoch 2\/8/);
  running.process.kill('SIGINT');
  return running.finished;
}

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
  expect((await bayescnn(training('whole-state', ALL_STATE))).code).toBe(0);
  const part = await stopped('part-state', ALL_STATE);
  expect(part.code, part.stderr).toBe(130);
  expect(rows('part-state').length).toBeLessThan(8);
  const resumed = await bayescnn(['train', '--resume', path.join(out, 'part-state')]);
  expect(resumed.code, resumed.stderr).toBe(0);
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
  expect((await bayescnn(training('whole'))).code).toBe(0);
  const ended = await stopped('part');
  expect(ended.code, ended.stderr).toBe(130);
  const before = rows('part').length;
  expect(before).toBeLessThan(8);
  const part = path.join(out, 'part');
  const other = await bayescnn(['train', '--resume', part, '--set', 'train.epochs=9']);
  expect(other.code, 'other settings beside --resume').toBe(2);
  const resumed = await bayescnn(['train', '--resume', part, '--threads', '1']);
  expect(resumed.code, resumed.stderr).toBe(0);
  expectSame('part', 'whole');
  const environment = JSON.parse(readFileSync(path.join(out, 'part', 'environment.json'), 'utf8'));
  expect(environment.resumed).toMatchObject([{ after_epoch: before }]);
});

it('a complete run is refused, as is a folder that is no run', async () => {
  const complete = await bayescnn(['train', '--resume', path.join(out, 'whole')]);
  expect(complete.code).toBe(2);
  expect(complete.stderr).toContain('got all 8 done');
  const nothing = await bayescnn(['train', '--resume', out]);
  expect(nothing.code).toBe(2);
});
