import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonReport } from '../../src/report/index.js';
import { run, scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const options = { cache: sharedCache };
const bayescnn = (...args: string[]) => runHere(args, options);
const out = path.join(directory, 'results');
const folder = (name: string) => path.join(out, name);

/** Trains a run of two epochs on 200 images. */
async function train(name: string, ...sets: string[]): Promise<void> {
  const { code, stderr } = await bayescnn(
    ...tinyTraining(out, '--name', name, '--quiet'),
    ...sets.flatMap((set) => ['--set', set]),
  );
  expect(code, stderr).toBe(0);
}

const FEW = ['--resamples', '200', '--threads', '1'];

async function compare(...args: string[]): Promise<ComparisonReport> {
  const { code, stdout, stderr } = await bayescnn('compare', ...args, ...FEW, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as ComparisonReport;
}

describe('compare', () => {
  beforeAll(async () => {
    await train('cnn-0', 'train.epochs=8', 'train.batchSize=4');
    await train('cnn-1', 'train.epochs=8', 'train.batchSize=4', 'seed=1');
    // A rate of nearly 0 learns nothing: a planted difference.
    await train(
      'stuck',
      'train.epochs=8',
      'train.batchSize=4',
      'model.bayesian=conv',
      'train.optimizer.learningRate=1e-9',
    );
    await train('held', 'data.validation=20');
  });

  it('groups by config over seeds, detects what was planted and lists every setting', async () => {
    const report = await compare(folder('cnn-0'), folder('cnn-1'), folder('stuck'));
    expect(report.groups.map(({ name, runs }) => [name, runs.length])).toEqual([
      ['cnn', 2],
      ['stuck', 1],
    ]);
    expect(report.settings.map(({ setting }) => setting)).toEqual([
      'seed',
      'model.bayesian',
      'train.optimizer.learningRate',
    ]);
    expect(report.settings[1].values).toEqual([
      { value: '"none"', runs: ['cnn-0', 'cnn-1'] },
      { value: '"conv"', runs: ['stuck'] },
    ]);
    const [{ metrics, verdict, images, caveat }] = report.comparisons;
    expect(images).toBe(200);
    expect(metrics.find(({ metric }) => metric === 'nll')?.verdict).toBe('worse');
    // Guessing is well calibrated, so its ECE may win.
    expect(verdict).toMatch(/^The Bayesian model (lost|won some and lost some): .*worse in accuracy, NLL/);
    expect(caveat).toContain('single run');
  });

  it('has the figures of eval', async () => {
    const { groups } = await compare('--by', 'run', folder('cnn-0'), folder('cnn-1'));
    expect(groups).toHaveLength(2);
    const { stdout } = await bayescnn('eval', folder('cnn-1'), '--threads', '1', '--json');
    const metrics = JSON.parse(stdout) as Record<string, number>;
    for (const name of ['accuracy', 'nll', 'brier', 'ece', 'aurc', 'predictive_entropy'] as const)
      expect(groups[1].metrics[name].mean, name).toBeCloseTo(metrics[name], 12);
  });

  it('finds nothing between identical runs', async () => {
    cpSync(folder('cnn-0'), folder('copy'), { recursive: true });
    const report = await compare('--by', 'run', folder('cnn-0'), folder('copy'));
    const [{ outcome, metrics }] = report.comparisons;
    expect(outcome).toBe('no significant difference');
    expect(metrics.every(({ difference, p }) => difference === 0 && p === 1)).toBe(true);
    expect(report.settings).toEqual([]);
  });

  it('says that copies are no repetitions', async () => {
    const { code, stdout, stderr } = await bayescnn('compare', folder('cnn-0'), folder('copy'), ...FEW);
    expect(code).toBe(0);
    expect(stderr).toContain('warning: cnn-0 and copy have one config and seed 0: they are no repetitions');
    expect(stdout).toMatch(/^runs \(seeds\) +2 \(0, 0\)$/m);
  });

  it('refuses other splits, unless told', async () => {
    const both = [folder('cnn-0'), folder('held')];
    const refused = await bayescnn('compare', ...both, ...FEW);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('got data.validation 0 (cnn-0) and 20 (held)');
    expect(refused.stderr).toContain('try: --allow-different-data');
    const report = await compare(...both, '--allow-different-data');
    expect(report.warnings).toEqual([
      'the runs are on different data: data.validation 0 (cnn-0) and 20 (held)',
    ]);
    // The test images are the same, so that these runs can be paired.
    expect(report.comparisons[0].images).toBe(200);
  });

  it('evaluates a run that keeps no predictions, with the same outcome', async () => {
    const before = await compare(folder('cnn-0'), folder('stuck'));
    rmSync(path.join(folder('stuck'), 'predictions.safetensors'));
    const { code, stdout, stderr } = await bayescnn(
      'compare',
      folder('cnn-0'),
      folder('stuck'),
      ...FEW,
      '--json',
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('stuck: evaluating the best checkpoint now, because it keeps no predictions');
    expect(JSON.parse(stdout)).toEqual(before);
    expect(existsSync(path.join(folder('stuck'), 'predictions.safetensors'))).toBe(false);
  });

  it('evaluates with other samples on request, Bayesian runs alone', async () => {
    const { code, stdout, stderr } = await bayescnn(
      ...['compare', folder('cnn-0'), folder('stuck'), '--samples', '3', ...FEW, '--json'],
    );
    expect(code).toBe(0);
    const { groups } = JSON.parse(stdout) as ComparisonReport;
    expect(groups.map(({ cost }) => cost.samples.mean)).toEqual([1, 3]);
    expect(stderr).not.toContain('cnn-0: evaluating');
  });

  it('prints Markdown and CSV', async () => {
    const both = [folder('cnn-0'), folder('cnn-1'), '--by', 'run', ...FEW];
    const markdown = await run(['compare', ...both, '--markdown'], options);
    expect(markdown.stdout).toMatch(/^\| +\| cnn-0 \| cnn-1 \|\n\| --- \| ---: \| ---: \|\n/);
    const csv = await bayescnn('compare', ...both, '--csv');
    const lines = csv.stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^group,runs,metric,mean,sd,reference,difference,/);
    expect(lines.find((line) => line.startsWith('cnn-1,1,accuracy,'))).toMatch(
      /,(better|worse|no significant difference)$/,
    );
    expect((await bayescnn('compare', ...both, '--csv', '--json')).code).toBe(2);
  });

  it.each([
    ['a single run', () => [folder('cnn-0')], /expected at least two runs, got 1/],
    ['a run given twice', () => [folder('cnn-0'), `${folder('cnn-0')}/`], /expected each run once/],
    ['no run', () => [folder('cnn-0'), folder('nowhere')], /expected a run folder, got nothing there/],
  ])('refuses %s', async (_, runs, message) => {
    const { code, stdout, stderr } = await bayescnn('compare', ...runs());
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('does not believe damaged predictions', async () => {
    const file = path.join(folder('copy'), 'predictions.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 5] ^= 1;
    writeFileSync(file, bytes);
    const { code, stderr } = await bayescnn('compare', folder('cnn-0'), folder('copy'));
    expect(code).toBe(3);
    expect(stderr).toContain('predictions.safetensors');
  });
});
