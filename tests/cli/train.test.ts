import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, root, run, scratch, sharedCache, start, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const cache = sharedCache;
const out = path.join(directory, 'results');
const bayescnn = (...args: string[]) => run(args, { cache });

interface Summary {
  run: string;
  final: Record<string, number>;
  best: { epoch: number; test_accuracy: number };
}

const ROW_FIELDS = [
  'epoch',
  'step',
  'seconds',
  'images_per_second',
  'train_loss',
  'train_nll',
  'train_kl',
  'kl_weight',
  'train_accuracy',
  'test_loss',
  'test_nll',
  'test_accuracy',
  'predictive_entropy',
  'expected_entropy',
  'mutual_information',
  'ece',
  'brier',
  'samples',
];

/** The rows of a run's metrics.jsonl; every line must be whole. */
function rowsOf(folder: string): Record<string, number>[] {
  const text = readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8');
  expect(text).toMatch(/\n$/);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
}

describe('train, then eval', () => {
  let trained: Finished;
  let summary: Summary;

  beforeAll(async () => {
    trained = await bayescnn(...tinyTraining(out, '--name', 'tiny', '--json'));
    summary = JSON.parse(trained.stdout) as Summary;
  });

  it('prints one JSON document, and progress on stderr', () => {
    expect(trained.code).toBe(0);
    expect(trained.stderr).toMatch(/^epoch 2\/2: train NLL/m);
    expect(trained.stderr).toMatch(/^\[1, {5}2\] loss: \d+\.\d{3}$/m);
    expect(path.resolve(root, summary.run)).toBe(path.join(out, 'tiny'));
  });

  it('keeps one row an epoch with every field', () => {
    const rows = rowsOf(path.join(out, 'tiny'));
    expect(rows.map((row) => row.epoch)).toEqual([1, 2]);
    for (const row of rows) for (const field of ROW_FIELDS) expect(row[field], field).toBeTypeOf('number');
    expect(rows[1]).toMatchObject({ test_accuracy: summary.final.test_accuracy, train_kl: 0 });
  });

  it('evaluates a checkpoint to the figures of its epoch', async () => {
    const last = await bayescnn('eval', summary.run, '--checkpoint', 'last', '--threads', '1', '--json');
    expect(last.code).toBe(0);
    const metrics = JSON.parse(last.stdout) as Record<string, number | string>;
    expect(metrics).toMatchObject({ n: 200, split: 'test', accuracy: summary.final.test_accuracy });
    expect(metrics.nll).toBeCloseTo(summary.final.test_nll, 6);
    expect(metrics.brier).toBeCloseTo(summary.final.brier, 6);
    const best = await runHere(['eval', summary.run, '--json'], { cache });
    expect((JSON.parse(best.stdout) as { accuracy: number }).accuracy).toBe(summary.best.test_accuracy);
  });

  it('evaluates other images and prints text', async () => {
    const { code, stdout } = await runHere(['eval', summary.run, '--split', 'train', '--subset', '50'], {
      cache,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^accuracy +\d+\.\d\d % of 50 train images$/m);
  });

  it('never overwrites a run', async () => {
    const before = readFileSync(path.join(out, 'tiny/metrics.jsonl'), 'utf8');
    const { code, stdout } = await runHere(tinyTraining(out, '--name', 'tiny', '--quiet'), { cache });
    expect(code).toBe(0);
    expect(stdout).toContain('tiny-2');
    expect(readFileSync(path.join(out, 'tiny/metrics.jsonl'), 'utf8')).toBe(before);
    expect(readdirSync(out)).toContain('tiny-2');
  });

  it('gives the same figures again', async () => {
    await bayescnn(...tinyTraining(out, '--name', 'again', '--quiet'));
    const timeless = (row: Record<string, number>) => {
      const { seconds, images_per_second, eval_seconds, ...rest } = row;
      expect([seconds, images_per_second, eval_seconds].every((time) => time > 0)).toBe(true);
      return rest;
    };
    expect(rowsOf(path.join(out, 'again')).map(timeless)).toEqual(
      rowsOf(path.join(out, 'tiny')).map(timeless),
    );
  });
});

describe('an interruption', () => {
  it('stops after the step, exits 130 and leaves whole files', async () => {
    const running = start(tinyTraining(out, '--name', 'stopped', '--set', 'train.epochs=5000'), { cache });
    await running.printed(/^epoch 1\/5000:/m);
    running.process.kill('SIGINT');
    const { code, stderr } = await running.finished;
    expect(code).toBe(130);
    expect(stderr).toContain('SIGINT: stopping after this step; once more to stop at once');
    expect(rowsOf(path.join(out, 'stopped')).length).toBeGreaterThanOrEqual(1);
    const leftovers = readdirSync(path.join(out, 'stopped'), { recursive: true, encoding: 'utf8' });
    expect(leftovers.filter((name) => /tmp|partial/i.test(name))).toEqual([]);
  });
});

/** Archives and engines: see bad-input.test.ts. */
describe('what goes wrong', () => {
  /** One message, a hint, no stack, nothing on stdout. */
  function expectFailure({ code, stdout, stderr }: Finished, exit: number, message: RegExp): void {
    expect(stderr).toMatch(message);
    expect(stderr.match(/^bayescnn: error: /gm)).toHaveLength(1);
    expect(stderr).toMatch(/^ {2}try: /m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(exit);
  }

  it('a missing config exits 2', async () => {
    expectFailure(await runHere(['train', '--config', 'nowhere.json'], { cache }), 2, /nowhere\.json/);
  });

  it('an unknown setting exits 2 and names it', async () => {
    expectFailure(await runHere(tinyTraining(out, '--set', 'train.epoch=1'), { cache }), 2, /train\.epoch/);
  });

  it('a config that is no JSON exits 2', async () => {
    const file = path.join(directory, 'broken.json');
    writeFileSync(file, '{ "seed": ');
    expectFailure(await runHere(['train', '--config', file], { cache }), 2, /broken\.json/);
  });

  it('a folder that is no run is an error without a stack', async () => {
    const folder = path.join(directory, 'empty');
    mkdirSync(folder);
    const result = await runHere(['eval', folder], { cache });
    expectFailure(result, result.code ?? 0, /empty/);
    expect([1, 2]).toContain(result.code);
  });
});
