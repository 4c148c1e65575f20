import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SweepReport } from '../../src/runs/sweep/sweep.js';
import { root, run, scratch, sharedCache, start } from './command.js';

const { directory, remove } = scratch();
afterAll(remove);

/** A CNN and a Bayesian LeNet of seconds, two seeds each; `long` has time to be killed. */
function sweepFile(name: string, more: object = {}, epochs = 2): string {
  const file = path.join(directory, `${name}.json`);
  const sweep = {
    base: path.join(root, 'configs/quickstart.json'),
    set: { 'data.subset': { train: 128, test: 64 }, 'train.epochs': epochs, 'eval.samples': 2 },
    search: {
      kind: 'grid',
      axes: { model: { cnn: { 'model.bayesian': 'none' }, bayes: { 'model.bayesian': 'all' } } },
    },
    seeds: [0, 1],
    ...more,
  };
  writeFileSync(file, JSON.stringify(sweep));
  return file;
}

const sweep = (file: string, out: string, ...more: string[]): string[] => [
  'sweep',
  '--config',
  file,
  '--out',
  path.join(directory, out),
  ...more,
];
const bayescnn = (args: string[]) => run(args, { cache: sharedCache });
const bytes = (out: string, name: string): Buffer =>
  readFileSync(path.join(directory, out, 'grid/runs', name, 'checkpoints/last.safetensors'));

const NAMES = ['cnn_seed0', 'cnn_seed1', 'bayes_seed0', 'bayes_seed1'];

describe('a sweep', () => {
  it('shows its plan and writes nothing with --dry-run', async () => {
    const { code, stdout } = await bayescnn(sweep(sweepFile('grid'), 'dry', '--dry-run'));
    expect(code).toBe(0);
    for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^${name} +2 +new$`, 'm'));
    expect(stdout).toContain('8 epochs left');
    expect(existsSync(path.join(directory, 'dry'))).toBe(false);
  });

  it('trains every run once, and tells mean and spread of each point', async () => {
    const first = await bayescnn(sweep(sweepFile('grid'), 'whole', '--json', '--jobs', '2'));
    expect(first.stderr).toContain('2 at a time on this machine');
    expect(first.code).toBe(0);
    const report = JSON.parse(first.stdout) as SweepReport;
    expect(report).toMatchObject({ search: 'grid', failed: 0, reused: 0 });
    expect(report.runs.map(({ name, ended }) => [name, ended])).toEqual(NAMES.map((name) => [name, 'done']));
    expect(report.points.map(({ point, runs }) => [point, runs])).toEqual([
      ['cnn', 2],
      ['bayes', 2],
    ]);
    const [a, b] = report.runs.map(({ result }) => result?.final.test_nll as number);
    expect(report.points[0].metrics.test_nll.mean).toBeCloseTo((a + b) / 2, 12);
    const again = await bayescnn(sweep(sweepFile('grid'), 'whole', '--json'));
    expect(JSON.parse(again.stdout)).toMatchObject({ reused: 4, points: report.points });
    // One more seed trains what is new alone, whatever the runs are called.
    const renamed = sweepFile('grid', {
      search: { kind: 'list', points: { network: { 'model.bayesian': 'none' } } },
      seeds: [0, 1, 2],
    });
    const more = await bayescnn(sweep(renamed, 'whole', '--json'));
    expect(JSON.parse(more.stdout).runs.map((each: { name: string }) => each.name)).toEqual([
      'cnn_seed0',
      'cnn_seed1',
      'network_seed2',
    ]);
    expect(JSON.parse(more.stdout).reused).toBe(2);
  });

  it('goes on after SIGKILL to the bytes of one that was left alone', async () => {
    const running = start(sweep(sweepFile('grid'), 'killed', '--jobs', '1', '--threads', '1'), {
      cache: sharedCache,
    });
    await running.printed(/2\/4/);
    running.process.kill('SIGKILL');
    await running.finished;
    const { code, stderr } = await bayescnn(sweep(sweepFile('grid'), 'killed'));
    expect(code).toBe(0);
    expect(stderr).toContain('of 4 runs have ended before');
    for (const name of NAMES) expect(bytes('killed', name).equals(bytes('whole', name))).toBe(true);
  });

  it('stops its runs on SIGINT and says how to go on', async () => {
    const file = sweepFile('long', {}, 500);
    const running = start(sweep(file, 'stopped', '--jobs', '2'), { cache: sharedCache });
    const runs = path.join(directory, 'stopped/long/runs');
    while (!existsSync(runs) || readdirSync(runs).length < 2)
      await new Promise((resolve) => setTimeout(resolve, 100));
    running.process.kill('SIGINT');
    const { code, stderr } = await running.finished;
    expect(code).toBe(130);
    expect(stderr).toContain('the same command goes on from there');
    expect(readFileSync(path.join(directory, 'stopped/long/logs/cnn_seed0.log'), 'utf8')).toContain('stopp');
  });

  it('tries a run that fails again, leaves the others alone, and ends with 1', async () => {
    const file = sweepFile('bad', {
      search: {
        kind: 'list',
        points: { good: {}, diverges: { 'train.optimizer.learningRate': 1e30 } },
      },
      seeds: [0],
    });
    const { code, stdout, stderr } = await bayescnn(sweep(file, 'failing', '--retries', '1'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/diverges_seed0 failed, attempt 2: exit 1: .*finite/);
    expect(stdout).toMatch(/^good +1 /m);
    expect(stdout).toMatch(/^diverges +0 /m);
    expect(stdout).toContain('1 of 2 runs ended, 1 failed');
  });

  it('halves: the better half by validation images goes on, for longer', async () => {
    const file = sweepFile('half', {
      search: {
        kind: 'halving',
        points: 2,
        axes: { 'train.optimizer.learningRate': [0.000001, 0.05] },
        epochs: 1,
        eta: 2,
        rungs: 2,
      },
      set: { 'data.subset': { train: 256, test: 64 }, 'data.validation': 64, 'eval.samples': 2 },
      seeds: [0],
    });
    const { code, stdout, stderr } = await bayescnn(sweep(file, 'halved', '--json'));
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as SweepReport;
    expect(report.rungs.map(({ epochs, points }) => [epochs, points.length])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    const rung = report.runs.slice(0, 2).sort((a, b) => nll(a) - nll(b));
    expect(report.points.map(({ point }) => point)).toEqual([rung[0].point]);
  });

  it('refuses to halve by test images', async () => {
    const file = sweepFile('blind', {
      search: { kind: 'halving', points: 2, axes: { 'train.batchSize': [16, 32] }, epochs: 1 },
    });
    const { code, stderr } = await bayescnn(sweep(file, 'blind'));
    expect(code).toBe(2);
    expect(stderr).toContain('needs validation images to choose by');
    expect(existsSync(path.join(directory, 'blind'))).toBe(false);
  });

  it('prints commands that bring its runs to their end', async () => {
    const file = sweepFile('grid', { seeds: [0], search: { kind: 'list', points: { one: {} } } });
    const { stdout } = await bayescnn(sweep(file, 'commands', '--print-commands'));
    const [command, none] = stdout.trim().split('\n');
    expect(none).toBeUndefined();
    const words = command.split(' ');
    expect(words[0]).toBe(process.execPath);
    const { code } = await bayescnn(words.slice(2));
    expect(code).toBe(0);
    const { stdout: after } = await bayescnn(sweep(file, 'commands', '--json'));
    expect(JSON.parse(after)).toMatchObject({ reused: 1 });
  });
});

function nll({ result }: SweepReport['runs'][number]): number {
  return result?.final.validation_nll ?? Number.POSITIVE_INFINITY;
}
